/// What durations relative to their usual ones did from one stretch of time to the next before an interval.
struct GrowthBaseline: Sendable {
    /// Durations, compared or not.
    let heard: Int
    /// Durations that could be compared.
    let count: Int
    /// By number of the statistic; nil if no stretch tells it.
    private let usual: InlineArray<7, Usual?>
    /// Durations that could be compared, of the stretches that don't stand out from the others.
    private let healthyCount: Int

    /// What a statistic is in health.
    private struct Usual {
        /// The median of its binary logarithms.
        let median: Double
        /// Of one stretch, the uncertainty of the median included.
        let variance: Double
    }

    /// With fewer durations a statistic means nothing.
    static let countMin = 10

    /// - Parameter stretches: each as long as the interval.
    init(_ stretches: [StretchStatistics]) {
        heard = stretches.reduce(0) { $0 + $1.heard }
        count = stretches.reduce(0) { $0 + $1.count }
        let healthy = Self.healthy(stretches).map { stretches[$0] }
        healthyCount = healthy.reduce(0) { $0 + $1.count }
        let telling = healthy.filter { $0.count >= Self.countMin / 2 }
        usual = InlineArray { number in
            let statistic = GrowthStatistic.allCases[number]
            return Self.usual(statistic, telling.compactMap { $0[statistic] })
        }
    }

    private static func usual(_ statistic: GrowthStatistic, _ values: [Double]) -> Usual? {
        guard !values.isEmpty else { return nil }
        let median = values.sorted()[values.count / 2]
        return Usual(median: median, variance: variance(statistic, values, around: median))
    }

    /// - Parameter values: of the stretches; without any, what is known of other clusters.
    private static func variance(_ statistic: GrowthStatistic, _ values: [Double], around median: Double) -> Double {
        // What varies on this cluster, as far as it was seen, and otherwise what varies on others.
        let seen = values.reduce(0) { $0 + ($1 - median) * ($1 - median) }
        let expected = statistic.usualDeviation * statistic.usualDeviation
        let health = (seen + weightOfOthers * expected) / (Double(max(values.count - 1, 0)) + weightOfOthers)
        // What is usual is itself known only as well as so many stretches tell.
        return health * (1 + varianceOfMedian / Double(max(values.count, 1)))
    }

    /// The indices of the stretches without those that stand out from the others: an earlier fault is no measure of health.
    static func healthy(_ stretches: [StretchStatistics]) -> [Int] {
        let heard = stretches.indices.filter { stretches[$0].heard > 0 }
        let known = heard.compactMap { stretches[$0][.mean] }.sorted()
        guard known.count >= 3 else { return heard }
        let usual = known[known.count / 2]
        return heard.filter { (stretches[$0][.mean] ?? usual) <= usual + standsOut }
    }

    /// Three times as long.
    private static let standsOut = 1.585

    /// How a statistic of the interval's durations differs from what it was.
    func change(_ statistic: GrowthStatistic, _ now: StretchStatistics) -> Growth.Change {
        let known = usual[statistic.rawValue]
        // Parts of a stretch are compared with nothing else.
        guard let value = now[statistic], !statistic.isOfParts || known != nil else {
            return Growth.Change(steps: 0, deviations: 0)
        }
        let steps = value - (known?.median ?? 0)
        let variance = known?.variance ?? Self.variance(statistic, [], around: 0)
        let sampling =
            statistic.deviationOfOne * statistic.deviationOfOne
            * (1 / Double(max(now.count, 1)) + 1 / Double(max(healthyCount, 1)))
        return Growth.Change(steps: steps, deviations: steps / (variance + sampling).squareRoot())
    }

    /// What is known of other clusters counts as much as this many stretches of time.
    private static let weightOfOthers = 4.0
    /// Of the median of a few normal values, so many times that of one of them by their number.
    private static let varianceOfMedian = 1.5
}
