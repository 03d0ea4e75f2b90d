/// How durations of one kind compare with those before the fault.
package struct Growth: Sendable {
    /// A statistic now, compared with how it varied from one healthy stretch of time to the next.
    struct Change: Sendable {
        /// The binary logarithm of the ratio to the usual value.
        let steps: Double
        /// The same in standard deviations.
        let deviations: Double

        /// How many times the usual value.
        var times: Double { LatencyBucket.ratio(ofSteps: steps * 64) }
    }

    /// How a duration compares with the baseline. Only what was observed both now and before can be called unchanged.
    enum Trend: Sendable {
        /// Nothing of its kind ended in the interval.
        case unheard
        /// It was observed, but the baseline has nothing to compare with.
        case withoutBaseline
        /// It was observed too rarely, now or before.
        case tooFew
        case unchanged
        /// More than in health, but not by much.
        case grewSlightly
        case grew
    }

    /// Durations that could be compared.
    private(set) var count = 0
    /// Earlier durations of the compared series.
    private(set) var countBefore = 0
    /// How many stretches of the baseline show what is usual.
    private(set) var stretchCount = 0
    /// Durations of the interval and of the baseline, compared or not.
    private(set) var (heard, heardBefore) = (0, 0)
    /// The compared durations.
    private(set) var now = LatencyHistogram()
    /// The durations of the baseline, without the stretches of time that stand out from the others.
    private(set) var before = LatencyHistogram()
    /// By number of the statistic; empty if there is too little to compare.
    private var changes: [Change] = []
    private var beyond = DurationsBeyond()

    init() {}

    /// - Parameters:
    ///   - before: the compared durations of the baseline, if they were kept.
    ///   - beyond: those that are far longer than any of the baseline.
    init(
        _ now: RelativeDurations, _ baseline: GrowthBaseline, before: LatencyHistogram = LatencyHistogram(),
        beyond: DurationsBeyond = DurationsBeyond()
    ) {
        (self.now, self.before) = (now.compared, before)
        (heard, heardBefore) = (now.heard, baseline.heard)
        (count, countBefore) = (now.count, baseline.count)
        self.beyond = beyond
        stretchCount = baseline.stretchCount
        guard count >= GrowthBaseline.countMin, countBefore >= GrowthBaseline.countMin else { return }
        let statistics = now.statistics
        changes = GrowthStatistic.allCases.map { baseline.change($0, statistics) }
    }

    // MARK: Reading

    /// nil if there is too little to compare.
    subscript(_ statistic: GrowthStatistic) -> Change? { changes.isEmpty ? nil : changes[statistic.rawValue] }

    private static let sure = 5.0
    private static let slight = 3.0

    /// Whether a statistic grew beyond normal variation.
    func grew(_ statistic: GrowthStatistic) -> Bool {
        guard let change = self[statistic] else { return false }
        return change.steps >= statistic.growthMin && change.deviations >= Self.sure
    }

    /// The statistic that grew furthest beyond normal variation; nil if none did.
    var decisive: GrowthStatistic? {
        GrowthStatistic.allCases.filter(grew).max {
            (self[$0]?.deviations ?? 0) < (self[$1]?.deviations ?? 0)
        }
    }

    /// The statistic that grew slightly, furthest beyond normal variation; nil if none did, or if one grew for certain.
    var slightlyDecisive: GrowthStatistic? {
        guard !changes.isEmpty, decisive == nil else { return nil }
        return GrowthStatistic.allCases.filter {
            changes[$0.rawValue].deviations >= Self.slight && changes[$0.rawValue].steps >= Self.slightMin
        }
        .max { changes[$0.rawValue].deviations < changes[$1.rawValue].deviations }
    }

    var trend: Trend {
        guard !changes.isEmpty else {
            if heard == 0 { return .unheard }
            return heardBefore == 0 ? .withoutBaseline : .tooFew
        }
        if decisive != nil { return .grew }
        return slightlyDecisive == nil ? .unchanged : .grewSlightly
    }

    /// Half again as long.
    private static let slightMin = 0.585

    var isCompared: Bool { !changes.isEmpty }

    /// How many times as long as usual it takes on average; 1 if there is nothing to compare.
    var times: Double { max(self[.mean]?.times ?? 1, 1) }

    /// How many times the usual, by the statistic that grew most, or for the few durations that did; 1 if none did.
    var greatest: Double {
        let grown = GrowthStatistic.allCases.filter(grew).compactMap { self[$0]?.times }
        return max(grown.max() ?? 1, timesOfFew ?? 1)
    }

    /// The same by the statistic that grew furthest beyond normal variation.
    var decided: Double { decisive.flatMap { self[$0]?.times } ?? timesOfFew ?? 1 }

    /// How many times as long as usual the longest durations are, if they are few but can't be chance because nothing
    /// earlier came near them. If nothing had changed, the probability that the longest of all fall into the interval
    /// would be below one in a million.
    var timesOfFew: Double? {
        let chance = Chance.of(long: beyond.count, outOf: count, before: (0, countBefore))
        return chance < Chance.limit ? beyond.times : nil
    }
}
