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

/// How many of the slots of a stretch of time have a duration that is at least 2, 4, 8 … times as long as usual. What delays
/// many durations at once, as a pause does, counts once.
struct LongParts: Sendable {
    private(set) var count = 0
    private var long = LongDurations()

    /// - Parameter longest: as steps; less than 0 if there are no durations.
    mutating func add(longest: Int) {
        count += 1
        long.add(longest, count: 1)
    }

    mutating func add(_ other: LongParts) {
        count += other.count
        long.add(other.long)
    }

    /// What shows in fewer may be a single event.
    private static let countMin = 5

    /// - Parameter doublings: 1...doublingsMax
    func count(atLeast doublings: Int) -> Int { long.count(atLeast: doublings) }

    /// The probability that as many of these have a duration of some length if nothing has changed since earlier ones.
    ///
    /// Nothing as long may have been seen before. It is assumed that durations twice as long are half as frequent at
    /// most, which holds for longer tails than those of control planes.
    func chance(doublings: Int, before: LongParts) -> Double {
        let long = count(atLeast: doublings)
        guard long >= Self.countMin else { return 1 }
        let unseen = (1...doublings).reduce(1.0) { least, shorter in
            let seen = Double(before.count(atLeast: shorter) + 1) / Double(before.count + 1)
            return min(least, seen / Double(1 << (doublings - shorter)))
        }
        let seen = Double(before.count(atLeast: doublings)) / Double(max(before.count, 1))
        return Chance.of(long, of: count, eachWith: max(seen, unseen))
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

    /// The probability that as many of some trials succeed, or more.
    ///
    /// - Parameter ratio: the probability of each, 0...1.
    static func of(_ successes: Int, of trials: Int, eachWith ratio: Double) -> Double {
        guard successes > 0, ratio < 1 else { return 1 }
        let odds = ratio / (1 - ratio)
        var term = (0..<trials).reduce(1.0) { product, _ in product * (1 - ratio) }
        var sum = 0.0
        for number in 0..<trials {
            term *= Double(trials - number) / Double(number + 1) * odds
            if number + 1 >= successes { sum += term }
        }
        return min(sum, 1)
    }
}
