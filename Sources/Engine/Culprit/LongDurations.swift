/// How many durations of a stretch of time are at least 2, 4, 8 … times as long as usual.
struct LongDurations: Sendable {
    /// By whole doublings; the last are the longest of all.
    private var counts = InlineArray<12, Int32>(repeating: 0)

    static let doublingsMax = 11

    /// - Parameter steps: 64 are a doubling.
    mutating func add(_ steps: Int, count: Int) {
        guard steps >= 64 else { return }
        counts[min(steps / 64, Self.doublingsMax)] += Int32(clamping: count)
    }

    mutating func add(_ other: LongDurations) {
        for doublings in counts.indices { counts[doublings] += other.counts[doublings] }
    }

    /// - Parameter doublings: 1...doublingsMax
    func count(atLeast doublings: Int) -> Int {
        (doublings...Self.doublingsMax).reduce(0) { $0 + Int(counts[$1]) }
    }
}

/// The exact test of whether durations can be long by chance, which holds however few they are.
enum Chance {
    /// What is less likely is believed. Rules ask every few seconds.
    static let limit = 1e-6

    /// The probability that as many long durations, or more, fall into an interval if nothing has changed: if each of
    /// those before and in the interval may as well have been any other.
    ///
    /// - Parameters:
    ///   - long: the long ones in the interval, out of `count`.
    ///   - before: the same before it.
    static func of(long: Int, outOf count: Int, before: (long: Int, count: Int)) -> Double {
        guard long > 0 else { return 1 }
        let (all, allLong) = (Double(count + before.count), Double(long + before.long))
        var (term, taken, others) = (1.0, long, 0)
        // The chance of exactly `long`, as a product that is never far from 1 until it ends.
        while taken > 0 || others < count - long {
            if others < count - long, taken == 0 || term > 1 {
                term *= max(all - allLong - Double(others), 0) / (all - Double(long + others))
                others += 1
            } else {
                taken -= 1
                let (left, number) = (Double(long - taken), Double(taken))
                term *= (Double(count) - number) / left * (allLong - number) / (all - number)
            }
        }
        var sum = term
        for more in long..<min(count, long + before.long) {
            let (number, free) = (Double(more), Double(count - more))
            term *= (allLong - number) / (number + 1) * free / (all - allLong - free + 1)
            sum += term
        }
        return min(sum, 1)
    }
}
