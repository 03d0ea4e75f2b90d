/// Counts by latency bucket (`LatencyBucket` codes), stored from the lowest bucket in use to the highest; mergeable.
package struct LatencyHistogram: Sendable {
    package private(set) var count = 0
    private var first = 0
    private var counts: [Int] = []

    package init() {}

    package mutating func add(_ code: Int, count added: Int = 1) {
        if counts.isEmpty { first = code }
        if code < first {
            counts.insert(contentsOf: repeatElement(0, count: first - code), at: 0)
            first = code
        }
        while code - first >= counts.count { counts.append(0) }
        counts[code - first] += added
        count += added
    }

    mutating func removeAll() {
        counts.removeAll(keepingCapacity: true)
        count = 0
    }

    /// The nearest-rank quantile within 0.55 %, nanoseconds: the geometric middle of the bucket that holds it.
    package func quantile(_ quantile: Double) -> Int64? {
        code(quantile: quantile).map { LatencyBucket.shared.middle($0) }
    }

    /// How many durations exceed a threshold, nanoseconds. All of the threshold's own bucket count or none, depending
    /// on its middle.
    func count(above threshold: Int64) -> Int {
        let code = Int(LatencyBucket.shared.code(threshold))
        let firstAbove = LatencyBucket.shared.middle(code) > threshold ? code : code + 1
        return counts.dropFirst(max(firstAbove - first, 0)).reduce(0, +)
    }

    /// The bucket that holds the nearest-rank quantile.
    func code(quantile: Double) -> Int? {
        guard count > 0 else { return nil }
        var remaining = ExactQuantile.rank(quantile, of: count)
        for (offset, inBucket) in counts.enumerated() {
            remaining -= inBucket
            if remaining <= 0 { return first + offset }
        }
        return nil
    }

    /// The non-empty buckets.
    var cells: [(code: Int, count: Int)] {
        counts.enumerated().filter { $0.element > 0 }.map { (first + $0.offset, $0.element) }
    }
}
