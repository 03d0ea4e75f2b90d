/// A time in which a component that had been sending spans sent none.
struct Gap: Equatable, Sendable {
    /// Unix nanoseconds, to the second.
    var from: Int64
    var to: Int64
    /// Spans per second before the gap.
    var rate: Double

    var duration: Int64 { to - from }
}

/// Counts a component's spans by the second in which they ended.
struct GapMeter {
    private var counts: [UInt32]
    private let start: Int64

    private static let second: Int64 = 1_000_000_000
    /// Shorter gaps come from exporters and idle clients.
    private static let secondsMin = 3
    /// A gap counts if at least 14 spans were expected at the earlier rate: the chance of none is then one in a million.
    private static let missingMin = 14.0

    init(_ range: Range<Int64>) {
        // Whole seconds, as those of slots.
        start = range.lowerBound - range.lowerBound % Self.second
        counts = Array(repeating: 0, count: Int((range.upperBound - start) / Self.second) + 1)
    }

    /// Adds the ends in a slot.
    mutating func add(_ ends: SlotDigest.Seconds, from slotStart: Int64) {
        let first = Int((slotStart - start) / Self.second)
        for second in ends.indices where counts.indices.contains(first + second) {
            counts[first + second] += ends[second]
        }
    }

    /// The fraction of a gap's seconds in which spans of this component ended, 0...1.
    func activity(in gap: Gap) -> Double {
        let from = Int((gap.from - start) / Self.second)
        let to = Int((gap.to - start) / Self.second)
        let seconds = counts[max(from, 0)..<min(to, counts.count)]
        return Double(seconds.count { $0 > 0 }) / Double(max(seconds.count, 1))
    }

    /// The longest gap that reaches into an interval; nil if earlier pauses or a low rate explain it.
    func gap(in interval: Range<Int64>) -> Gap? {
        let end = min(Int((interval.upperBound - start) / Self.second), counts.count)
        guard let first = counts.firstIndex(where: { $0 > 0 }) else { return nil }
        var (longest, habitual, second) = (0..<0, 0, first)
        while second < end {
            var next = second
            while next < end, counts[next] == 0 { next += 1 }
            if Int64(next) * Self.second + start > interval.lowerBound {
                if next - second > longest.count { longest = second..<next }
            } else {
                habitual = max(habitual, next - second)
            }
            second = max(next, second + 1)
        }
        let before = counts[first..<max(longest.lowerBound, first)]
        let rate = Double(before.reduce(0) { $0 + Int($1) }) / Double(max(before.count, 1))
        guard longest.count >= max(Self.secondsMin, 3 * habitual), rate * Double(longest.count) >= Self.missingMin
        else {
            return nil
        }
        return Gap(
            from: start + Int64(longest.lowerBound) * Self.second, to: start + Int64(longest.upperBound) * Self.second,
            rate: rate)
    }
}
