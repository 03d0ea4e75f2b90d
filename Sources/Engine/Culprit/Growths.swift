/// How many times as long as usual something takes: the ratio of each statistic to the usual one, of durations relative
/// to their series. 1 unless it grew beyond normal variation.
package struct Growths: Sendable {
    private let times: [Double]

    package subscript(_ statistic: GrowthStatistic) -> Double { times[statistic.rawValue] }

    private static let sure = 4.0
    /// Of so many durations the p90 is a hundred from the longest: the deviation tells as much as an exact test, which costs
    /// time in proportion to them.
    private static let many = 1_000

    /// nil if there is too little to compare.
    ///
    /// - Parameters:
    ///   - ratio: the share of the durations that is here, if traces are sampled.
    ///   - groups: how many are compared. Many groups are many tests, so growth has to be so large that any of them exceeds
    ///     it as rarely.
    init?(
        _ now: StretchStatistics, _ baseline: GrowthBaseline, sampled ratio: Double = 1, groups: Int
    ) {
        guard baseline.count >= GrowthBaseline.countMin else { return nil }
        let chanceMax = Chance.limit / Double(max(groups, 1))
        if now.count >= GrowthBaseline.countMin {
            let sure = (Self.sure * Self.sure + 2 * Double(groups).logarithm).squareRoot()
            times = GrowthStatistic.allCases.map { statistic in
                let change = baseline.change(statistic, now, sampled: ratio)
                // A few durations decide the p90, and two long ones of fifteen are no rarity.
                let isGrown =
                    change.deviations >= sure
                    && (statistic != .tail || now.count >= Self.many || baseline.chance(statistic, now) < chanceMax
                        || baseline.chanceOfParts(statistic, now) < chanceMax)
                return isGrown ? change.times : min(change.times, 1)
            }
        } else {
            guard baseline.leastChance(of: now.count) < chanceMax else { return nil }
            let isLasting = now.parts.count(atLeast: Self.marginOfFew) >= Self.longPartsMin
            times = GrowthStatistic.allCases.map { statistic in
                let isGrown =
                    isLasting && !statistic.isOfParts
                    && baseline.chance(statistic, now, margin: Self.marginOfFew) < chanceMax
                return isGrown ? baseline.change(statistic, now, sampled: ratio).times : 1
            }
        }
    }

    /// Fewer than ten durations must be four times as long as those before, and not all of one moment: a pause of a
    /// process delays whatever happens to wait.
    private static let marginOfFew = 2
    private static let longPartsMin = 3
}

extension Double {
    /// The natural logarithm of a number of at least 1, within a few hundredths.
    fileprivate var logarithm: Double { LatencyBucket.binaryLogarithm(self) * 0.693_147 }
}
