/// Latencies in buckets that are at most 1/32 wide, so that hours of requests take a few kilobytes.
struct LatencyHistogram: Sendable {
    private static let stepBits = 5
    private static let steps = 1 << stepBits

    private var counts = [Int](repeating: 0, count: 59 * steps)
    private var total = 0
    private(set) var maximum: Int64 = 0

    mutating func add(microseconds: Int64) {
        counts[Self.bucket(microseconds)] += 1
        total += 1
        maximum = max(maximum, microseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        total += other.total
        maximum = max(maximum, other.maximum)
    }

    /// The upper end of the bucket that holds the nearest-rank quantile, microseconds.
    func quantile(_ quantile: Double) -> Int64 {
        guard total > 0 else { return 0 }
        let rank = max(1, Int((quantile * Double(total)).rounded(.up)))
        var seen = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return min(Self.upperEnd(index), maximum) }
        }
        return maximum
    }

    /// Values below 32 have a bucket each; above, each power of two has 32.
    private static func bucket(_ value: Int64) -> Int {
        let value = max(value, 0)
        guard value >= steps else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - stepBits
        return (shift + 1) * steps + Int(value >> Int64(shift)) - steps
    }

    private static func upperEnd(_ bucket: Int) -> Int64 {
        guard bucket >= steps else { return Int64(bucket) }
        let shift = bucket / steps - 1
        return (Int64(bucket % steps + steps) + 1) << Int64(shift) - 1
    }
}
