import Support

/// What is usual for the groups of series that were asked about lately, so that an evaluation learns it only for those it is
/// new for, or if much has come since.
package struct UsualGrowths: Sendable {
    private struct Key: Hashable {
        let population: Population
        /// Unix nanoseconds.
        let baseline: Range<Int64>
        /// Of a stretch, nanoseconds.
        let length: Int64
    }

    private struct Baseline {
        let size: BaselineSize
        var groups: [GrowthGroup: UsualGrowth] = [:]
        /// Until when it was asked about last, Unix nanoseconds.
        var asked: Int64
    }

    private var baselines: [Key: Baseline] = [:]

    package init() {}

    /// What is usual for each group before an interval.
    ///
    /// - Parameters:
    ///   - slots: those of the baseline, in order of time.
    ///   - learn: learns what is usual for some of the groups.
    mutating func of(
        _ groups: [GrowthGroup], _ population: Population, _ comparison: Comparison, _ slots: [SlotView],
        learn: ([GrowthGroup]) -> [UsualGrowth]
    ) -> [UsualGrowth] {
        let asked = comparison.interval.upperBound
        let length = asked - comparison.interval.lowerBound
        baselines = baselines.filter { $0.value.asked >= asked.subtractingSaturating(2 * $0.key.length) }
        let key = Key(population: population, baseline: comparison.baseline, length: length)
        let size = BaselineSize(slots)
        var baseline = baselines.removeValue(forKey: key) ?? Baseline(size: size, asked: asked)
        if baseline.size.isOutdated(by: size) { baseline = Baseline(size: size, asked: asked) }
        baseline.asked = asked
        let unknown = groups.filter { baseline.groups[$0] == nil }
        if !unknown.isEmpty {
            for (group, usual) in zip(unknown, learn(unknown)) { baseline.groups[group] = usual }
        }
        defer { baselines[key] = baseline }
        return groups.map { baseline.groups[$0] ?? UsualGrowth() }
    }
}

/// How much a baseline consists of.
private struct BaselineSize {
    private var rows = 0
    private var attributed = 0

    init(_ slots: [SlotView]) {
        for slot in slots {
            rows += slot.count
            attributed += slot.attribution?.rowCount ?? 0
        }
    }

    /// Whether so much has come since that what was learned from this is no longer what is usual. A few late spans change
    /// nothing, and what leaves the window doesn't either.
    func isOutdated(by now: BaselineSize) -> Bool {
        now.rows - rows > rows / 8 || now.attributed - attributed > attributed / 8
    }
}

/// Series whose durations are compared together.
struct GrowthGroup: Hashable {
    /// Ascending.
    let series: [Int32]
    /// Until when durations tell what is usual, Unix nanoseconds: a fault is no measure of it.
    let learnsUntil: Int64
}

/// What is usual for a group.
struct UsualGrowth {
    /// Knows the usual duration of each series.
    var meter = GrowthMeter(keepsDurations: false)
    var baseline = GrowthBaseline([])
}
