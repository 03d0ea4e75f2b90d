/// Durations of a stretch of time, each relative to the usual one of its own series.
struct RelativeDurations: Sendable {
    /// Without those of the last few seconds: counts by the number of latency buckets between a duration and the usual one,
    /// shifted to be positive.
    private var ended = LatencyHistogram()
    /// The compared durations themselves; empty if they aren't kept.
    private(set) var compared = LatencyHistogram()
    private let keepsDurations: Bool
    /// Durations, compared or not.
    private(set) var heard = 0
    /// The same of the last few seconds, which are a part of this time.
    private var part = LatencyHistogram()
    /// What the tails of its parts are, as steps.
    private var tails = PartTails()
    /// Its parts, however few durations they have, by the longest.
    private var parts = LongParts()
    /// The longest of the last few seconds, as steps.
    private var longestOfPart = Int.min

    private static let shift = LatencyBucket.codeCount
    /// With fewer durations, the tail of a few seconds is one of them.
    private static let partMin = 20

    /// - Parameter keepsDurations: without it nothing is `compared`, which takes half of the memory.
    init(keepsDurations: Bool = true) {
        self.keepsDurations = keepsDurations
    }

    /// Durations that could be compared.
    var count: Int { ended.count + part.count }

    /// The longest that could be compared, as steps; nil without any.
    var longest: Int? { [ended, part].compactMap { $0.code(quantile: 1) }.max() }

    /// Adds durations of one series, in order of bucket.
    ///
    /// - Parameter usual: the bucket of the usual one; nil if they can't be compared.
    mutating func add(_ cells: Span<SeriesCounts.Cell>, usual: Int?) {
        for index in cells.indices { heard += Int(cells[index].count) }
        guard let usual, !cells.isEmpty else { return }
        longestOfPart = max(longestOfPart, Int(cells[cells.count - 1].code) - usual)
        if keepsDurations { compared.add(cells) }
        part.add(cells, atLeast: UsualDurations.codeMin, shiftedBy: Self.shift - usual)
    }

    /// Ends a few seconds whose durations have been added. Too few are added to what follows.
    mutating func endPart() {
        parts.add(longest: longestOfPart)
        longestOfPart = .min
        guard part.count >= Self.partMin else { return }
        tails.add(part)
        ended.add(part)
        part.removeAll()
    }

    /// Adds those of another stretch.
    mutating func add(_ other: RelativeDurations) {
        heard += other.heard
        compared.add(other.compared)
        ended.add(other.steps)
        tails.add(other.tails)
        parts.add(other.parts)
    }

    /// Removes all durations, but keeps the memory.
    mutating func removeAll() {
        ended.removeAll()
        compared.removeAll()
        part.removeAll()
        (heard, tails, parts, longestOfPart) = (0, PartTails(), LongParts(), .min)
    }

    private var steps: LatencyHistogram {
        guard part.count > 0 else { return ended }
        var steps = ended
        steps.add(part)
        return steps
    }

    var statistics: StretchStatistics {
        let steps = steps
        var ratios = Ratios(of: steps.count)
        steps.forEachCell { step, count in ratios.add(step - Self.shift, count: count) }
        return StretchStatistics(
            heard: heard, count: count, ratios, parts: parts, calm: tails.calmest.map { $0 - Self.shift },
            calmTail: tails.calmestTail.map { $0 - Self.shift })
    }
}

/// What the tails of the parts of a stretch of time are, as steps.
private struct PartTails {
    /// The lowest p85 and the lowest p97.
    private var (calm, calmTail) = (Int.max, Int.max)
    private var count = 0

    /// Of fewer parts, none may be calm.
    private static let countMin = 3

    mutating func add(_ part: LatencyHistogram) {
        guard let codes = part.codes(quantiles: 0.85, 0.97) else { return }
        (calm, calmTail) = (min(calm, codes.lower), min(calmTail, codes.upper))
        count += 1
    }

    mutating func add(_ other: PartTails) {
        (calm, calmTail) = (min(calm, other.calm), min(calmTail, other.calmTail))
        count += other.count
    }

    /// nil if there are too few.
    var calmest: Int? { count >= Self.countMin ? calm : nil }
    var calmestTail: Int? { count >= Self.countMin ? calmTail : nil }
}
