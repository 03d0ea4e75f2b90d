/// How durations relative to the usual varied from one stretch of time to the next before an interval.
struct GrowthBaseline: Sendable {
    /// Durations, compared or not.
    let heard: Int
    /// Durations that could be compared.
    let count: Int
    /// The stretches that show what is healthy.
    let stretchCount: Int
    /// By number of the statistic; nil if no stretch shows it.
    private let usual: InlineArray<7, Usual?>
    /// The comparable durations of the stretches that don't stand out from the others.
    private let healthyCount: Int
    private let healthyLong: LongDurations
    private let healthyParts: LongParts

    /// What a statistic is in health.
    private struct Usual {
        /// The median of its binary logarithms.
        let median: Double
        /// Of one stretch, the uncertainty of the median included.
        let variance: Double
        /// The variance by chance that a single duration adds, judging by the durations; it falls with their number.
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
        healthyLong = healthy.reduce(into: LongDurations()) { $0.add($1.long) }
        healthyParts = healthy.reduce(into: LongParts()) { $0.add($1.parts) }
        let telling = healthy.filter { $0.count >= Self.countMin / 2 }
        stretchCount = telling.count
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

    /// Taken from each stretch separately, so that what changes from one to the next doesn't count twice.
    private static func varianceOfOne(_ statistic: GrowthStatistic, _ stretches: [StretchStatistics]) -> Double {
        let sum = stretches.reduce(0) { $0 + Double($1.count) * $1.varianceOfOne(statistic) }
        return sum / Double(max(stretches.reduce(0) { $0 + $1.count }, 1))
    }

    /// - Parameter values: of the stretches; without any, what is known about other clusters applies.
    private static func variance(_ statistic: GrowthStatistic, _ values: [Double], around median: Double) -> Double {
        // How much this cluster varies, as far as known, and otherwise how much others do.
        let seen = values.reduce(0) { $0 + ($1 - median) * ($1 - median) }
        let expected = statistic.usualDeviation * statistic.usualDeviation
        let health = (seen + weightOfOthers * expected) / (Double(max(values.count - 1, 0)) + weightOfOthers)
        // What is usual is also an estimate, which improves with the number of stretches.
        return health * (1 + varianceOfMedian / Double(max(values.count, 1)))
    }

    /// The indices of the stretches without those that stand out from the others, since an earlier fault doesn't show
    /// what is healthy.
    static func healthy(_ stretches: [StretchStatistics]) -> [Int] {
        let heard = stretches.indices.filter { stretches[$0].heard > 0 }
        let known = heard.compactMap { stretches[$0][.mean] }.sorted()
        guard known.count >= 3 else { return heard }
        let usual = known[known.count / 2]
        return heard.filter { (stretches[$0][.mean] ?? usual) <= usual + standsOut }
    }

    /// Three times as long.
    private static let standsOut = 1.585

    /// The probability that as many durations are as long as some length, up to what a statistic is now, if nothing has
    /// changed.
    ///
    /// - Parameter margin: how many doublings longer they must be than those before that count as much.
    func chance(_ statistic: GrowthStatistic, _ now: StretchStatistics, margin: Int = 0) -> Double {
        let known = usual[statistic.rawValue]?.median ?? 0
        let shortest = max(Int(known.rounded(.down)) + 1, 1) + margin
        let longest = min(Int((now[statistic] ?? 0).rounded(.down)), LongDurations.doublingsMax)
        guard shortest <= longest else { return 1 }
        let least = (shortest...longest).reduce(1.0) { least, doublings in
            let before = healthyLong.count(atLeast: doublings - margin)
            return min(
                least,
                Chance.of(
                    long: now.long.count(atLeast: doublings), outOf: now.count, before: (before, healthyCount)))
        }
        return min(least * Double(longest - shortest + 1), 1)
    }

    /// The probability that as many slots have a duration of some length, up to what a statistic is now, if nothing has
    /// changed: for few durations that are far longer than any before.
    func chanceOfParts(_ statistic: GrowthStatistic, _ now: StretchStatistics) -> Double {
        let longest = min(Int((now[statistic] ?? 0).rounded(.down)), LongDurations.doublingsMax)
        guard longest >= 1 else { return 1 }
        let least = (1...longest).reduce(1.0) { least, doublings in
            min(least, now.parts.chance(doublings: doublings, before: healthyParts))
        }
        return min(least * Double(longest), 1)
    }

    /// The least probability that so many durations can have, however long they are.
    func leastChance(of count: Int) -> Double { Chance.of(long: count, outOf: count, before: (0, healthyCount)) }

    /// How a statistic of the interval's durations differs from before.
    ///
    /// - Parameter ratio: the share of the durations that is here, if traces are sampled. The statistic of all
    /// durations is known only within an error, so a growth is what remains of it in the worst case, judged as if all
    /// were here.
    func change(_ statistic: GrowthStatistic, _ now: StretchStatistics, sampled ratio: Double = 1) -> Growth.Change {
        let known = usual[statistic.rawValue]
        // Parts of a stretch are compared only with each other.
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

    /// Standard errors of a sample: a rule asks every few seconds, for several statistics, so two would be exceeded now
    /// and then.
    private static let errors = 3.0
    /// What is known about other clusters counts as much as this many stretches of time.
    private static let weightOfOthers = 4.0
    /// The standard error of the median of a few normal values, relative to that of one of them, by their number.
    private static let varianceOfMedian = 1.5
}
