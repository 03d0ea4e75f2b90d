/// What durations relative to their usual ones did from one stretch of time to the next before an interval.
struct GrowthBaseline: Sendable {
    /// Durations, compared or not.
    let heard: Int
    /// Durations that could be compared.
    let count: Int
    /// By number of the statistic; nil if no stretch shows it.
    private let usual: InlineArray<7, Usual?>
    /// Durations that could be compared, of the stretches that don't stand out from the others.
    private let healthyCount: Int

    /// What a statistic is in health.
    private struct Usual {
        /// The median of its binary logarithms.
        let median: Double
        /// Of one stretch, the uncertainty of the median included.
        let variance: Double
        /// What a single duration adds by chance, as the durations tell; it falls with their number.
        let varianceOfOne: Double
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
            return Self.usual(statistic, telling)
        }
    }

    private static func usual(_ statistic: GrowthStatistic, _ stretches: [StretchStatistics]) -> Usual? {
        let values = stretches.compactMap { $0[statistic] }
        guard !values.isEmpty else { return nil }
        let median = values.sorted()[values.count / 2]
        return Usual(
            median: median, variance: variance(statistic, values, around: median),
            varianceOfOne: varianceOfOne(statistic, stretches))
    }

    /// Taken from each stretch by itself, so that what changes from one to the next doesn't count again.
    private static func varianceOfOne(_ statistic: GrowthStatistic, _ stretches: [StretchStatistics]) -> Double {
        let sum = stretches.reduce(0) { $0 + Double($1.count) * $1.varianceOfOne(statistic) }
        return sum / Double(max(stretches.reduce(0) { $0 + $1.count }, 1))
    }

    /// - Parameter values: of the stretches; without any, what is known of other clusters.
    private static func variance(_ statistic: GrowthStatistic, _ values: [Double], around median: Double) -> Double {
        // What varies on this cluster, as far as it was seen, and otherwise what varies on others.
        let seen = values.reduce(0) { $0 + ($1 - median) * ($1 - median) }
        let expected = statistic.usualDeviation * statistic.usualDeviation
        let health = (seen + weightOfOthers * expected) / (Double(max(values.count - 1, 0)) + weightOfOthers)
        // What is usual is an estimate too, the better the more stretches there are.
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
    ///
    /// - Parameter ratio: how many of the durations are here, where traces are sampled. What all of them did is known only within
    ///   an error, so that a growth is what remains of it in the worst case, and is then judged as if all were here.
    func change(_ statistic: GrowthStatistic, _ now: StretchStatistics, sampled ratio: Double = 1) -> Growth.Change {
        let known = usual[statistic.rawValue]
        // Parts of a stretch are compared with nothing else.
        guard let value = now[statistic], !statistic.isOfParts || known != nil else {
            return Growth.Change(steps: 0, deviations: 0)
        }
        var steps = value - (known?.median ?? 0)
        let variance = known?.variance ?? Self.variance(statistic, [], around: 0)
        let least = statistic.deviationOfOne * statistic.deviationOfOne
        let (share, shareBefore) = (1 / Double(max(now.count, 1)), 1 / Double(max(healthyCount, 1)))
        if ratio < 1, steps > 0 {
            let seen = max(now.varianceOfOne(statistic), least) * share
            let before = max(known?.varianceOfOne ?? 0, least) * shareBefore
            steps = max(steps - Self.errors * ((1 - ratio) * (seen + before)).squareRoot(), 0)
        }
        let sampling = least * (share + shareBefore) * ratio
        return Growth.Change(steps: steps, deviations: steps / (variance + sampling).squareRoot())
    }

    /// Standard errors of a sample: a rule asks every few seconds, for several statistics, so two would be passed now and then.
    private static let errors = 3.0
    /// What is known of other clusters counts as much as this many stretches of time.
    private static let weightOfOthers = 4.0
    /// Of the median of a few normal values, so many times that of one of them by their number.
    private static let varianceOfMedian = 1.5
}
