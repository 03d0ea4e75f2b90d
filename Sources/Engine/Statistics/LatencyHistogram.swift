/// Counts by latency bucket (`LatencyBucket` codes), stored from the lowest octave in use to the highest; mergeable.
struct LatencyHistogram: Sendable {
    private(set) var count = 0
    private var first = 0
    private var counts: [Int] = []
    /// The lowest and the highest bucket with any durations.
    private var (lowest, highest) = (Int.max, Int.min)

    init() {}

    mutating func add(_ code: Int, count added: Int = 1) {
        makeRoom(for: code...code)
        counts[code - first] += added
        count += added
        (lowest, highest) = (min(lowest, code), max(highest, code))
    }

    /// Adds cells in order of bucket, each by so many buckets higher.
    ///
    /// - Parameter least: lower buckets count as this one.
    mutating func add(_ cells: Span<SeriesCounts.Cell>, atLeast least: Int = 0, shiftedBy shift: Int = 0) {
        guard !cells.isEmpty else { return }
        let low = max(Int(cells[0].code), least) + shift
        let high = max(Int(cells[cells.count - 1].code), least) + shift
        if low < first || high >= first + counts.count { makeRoom(for: low...high) }
        (lowest, highest) = (min(lowest, low), max(highest, high))
        let base = shift - first
        var added = 0
        var counts = counts.mutableSpan
        for index in cells.indices {
            let cell = cells[index]
            counts[max(Int(cell.code), least) &+ base] &+= Int(cell.count)
            added &+= Int(cell.count)
        }
        count += added
    }

    mutating func add(_ other: LatencyHistogram) {
        guard other.count > 0 else { return }
        guard !counts.isEmpty else {
            self = other
            return
        }
        makeRoom(for: other.lowest...other.highest)
        let offset = other.first - first
        let added = other.counts.span
        var counts = counts.mutableSpan
        for index in other.inUse { counts[offset &+ index] &+= added[index] }
        count += other.count
        (lowest, highest) = (min(lowest, other.lowest), max(highest, other.highest))
    }

    /// Removes all durations, but keeps the memory.
    mutating func removeAll() {
        let inUse = inUse
        var counts = counts.mutableSpan
        for index in inUse { counts[index] = 0 }
        count = 0
        (lowest, highest) = (.max, .min)
    }

    /// The places of the buckets from the lowest to the highest.
    private var inUse: Range<Int> { lowest > highest ? 0..<0 : lowest - first..<highest - first + 1 }

    /// Makes room by whole octaves, so that there is hardly ever too little.
    private mutating func makeRoom(for codes: ClosedRange<Int>) {
        let (lower, end) = (codes.lowerBound & ~Self.octaveMask, codes.upperBound | Self.octaveMask)
        if counts.isEmpty { first = lower }
        if lower < first {
            counts.insert(contentsOf: repeatElement(0, count: first - lower), at: 0)
            first = lower
        }
        let missing = end - first - counts.count + 1
        if missing > 0 { counts.append(contentsOf: repeatElement(0, count: missing)) }
    }

    private static let octaveMask = 63

    /// The nearest-rank quantile within 0.55 %, nanoseconds: the geometric middle of the bucket that holds it.
    func quantile(_ quantile: Double) -> Int64? {
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
        let counts = counts.span
        for offset in inUse {
            remaining -= counts[offset]
            if remaining <= 0 { return first + offset }
        }
        return nil
    }

    /// The buckets that hold two nearest-rank quantiles, the lower quantile first; nil without durations.
    func codes(quantiles lower: Double, _ upper: Double) -> (lower: Int, upper: Int)? {
        guard count > 0 else { return nil }
        let ranks = (ExactQuantile.rank(lower, of: count), ExactQuantile.rank(upper, of: count))
        var passed = 0
        var lowerCode: Int?
        let counts = counts.span
        for offset in inUse {
            passed += counts[offset]
            if lowerCode == nil, passed >= ranks.0 { lowerCode = first + offset }
            if let lowerCode, passed >= ranks.1 { return (lowerCode, first + offset) }
        }
        return nil
    }

    /// Calls `body` with each non-empty bucket, in order.
    @inline(__always)
    func forEachCell(_ body: (_ code: Int, _ count: Int) -> Void) {
        let counts = counts.span
        for offset in inUse where counts[offset] > 0 { body(first + offset, counts[offset]) }
    }
}
