/// What durations relative to their usual ones did from one stretch of time to the next before an interval.
struct GrowthBaseline: Sendable {
    /// Durations, compared or not.
    let heard: Int
    /// Durations that could be compared.
    let count: Int
    /// The binary logarithms of each statistic, by its number, in the stretches that don't stand out from the others.
    private let values: [[Double]]
    /// Durations that could be compared, of those stretches.
    private let healthyCount: Int

    /// With fewer durations a statistic means nothing.
    static let countMin = 10

    /// - Parameter stretches: each as long as the interval.
    init(_ stretches: [StretchStatistics]) {
        heard = stretches.reduce(0) { $0 + $1.heard }
        count = stretches.reduce(0) { $0 + $1.count }
        let healthy = Self.healthy(stretches).map { stretches[$0] }
        healthyCount = healthy.reduce(0) { $0 + $1.count }
        let telling = healthy.filter { $0.count >= Self.countMin / 2 }
        values = GrowthStatistic.allCases.map { statistic in telling.compactMap { $0[statistic] } }
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
        let before = values[statistic.rawValue]
        // Parts of a stretch are compared with nothing else.
        guard let value = now[statistic], statistic != .calm || !before.isEmpty else {
            return Growth.Change(steps: 0, deviations: 0)
        }
        let usual = before.isEmpty ? 0 : before.sorted()[before.count / 2]
        let steps = value - usual
        // What varies on this cluster, as far as it was seen, and otherwise what varies on others.
        let seen = before.reduce(0) { $0 + ($1 - usual) * ($1 - usual) }
        let expected = statistic.usualDeviation * statistic.usualDeviation
        let health =
            (seen + Self.weightOfOthers * expected) / (Double(max(before.count - 1, 0)) + Self.weightOfOthers)
        // What is usual is itself known only as well as so many stretches tell.
        let variance = health * (1 + Self.varianceOfMedian / Double(max(before.count, 1)))
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
