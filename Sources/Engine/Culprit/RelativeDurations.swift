/// Durations of a stretch of time, each relative to the usual one of its own series.
struct RelativeDurations: Sendable {
    /// Counts by the number of latency buckets between a duration and the usual one, shifted to be positive.
    private var steps = LatencyHistogram()
    /// The compared durations themselves; empty if they aren't kept.
    private(set) var compared = LatencyHistogram()
    private let keepsDurations: Bool
    /// Durations, compared or not.
    private(set) var heard = 0
    /// The steps of the last few seconds, which are a part of this time.
    private var part = LatencyHistogram()
    /// The lowest p90 of its parts, as steps, and their number.
    private var calmest: Int?
    private var partCount = 0

    private static let shift = LatencyBucket.codeCount
    /// With fewer durations, the tail of a few seconds is one of them.
    private static let partMin = 20

    /// - Parameter keepsDurations: without it nothing is `compared`, which takes half of the memory.
    init(keepsDurations: Bool = true) {
        self.keepsDurations = keepsDurations
    }

    /// Durations that could be compared.
    var count: Int { steps.count }

    /// Adds durations of one series, in order of bucket.
    ///
    /// - Parameter usual: the bucket of the usual one; nil if they can't be compared.
    mutating func add(_ cells: Span<SeriesCounts.Cell>, usual: Int?) {
        for index in cells.indices { heard += Int(cells[index].count) }
        guard let usual else { return }
        if keepsDurations { compared.add(cells) }
        steps.add(cells, atLeast: UsualDurations.codeMin, shiftedBy: Self.shift - usual)
        part.add(cells, atLeast: UsualDurations.codeMin, shiftedBy: Self.shift - usual)
    }

    /// Ends a few seconds whose durations have been added. Too few are added to what follows.
    mutating func endPart() {
        guard part.count >= Self.partMin, let tail = part.code(quantile: 0.9) else { return }
        calmest = min(calmest ?? tail, tail)
        partCount += 1
        part.removeAll()
    }

    /// Adds those of another stretch.
    mutating func add(_ other: RelativeDurations) {
        heard += other.heard
        compared.add(other.compared)
        steps.add(other.steps)
        if let calm = other.calmest { calmest = min(calmest ?? calm, calm) }
        partCount += other.partCount
    }

    /// Removes all durations, but keeps the memory.
    mutating func removeAll() {
        steps.removeAll()
        compared.removeAll()
        part.removeAll()
        (heard, calmest, partCount) = (0, nil, 0)
    }

    var statistics: StretchStatistics {
        var ratios = Ratios(of: steps.count)
        steps.forEachCell { step, count in ratios.add(step - Self.shift, count: count) }
        return StretchStatistics(
            heard: heard, count: count, ratios, calm: partCount >= Self.partsMin ? calmest.map { $0 - Self.shift } : nil
        )
    }

    /// In fewer parts, none may be calm.
    private static let partsMin = 3
}
