/// The statistics of a stretch of time, over durations relative to the usual.
struct StretchStatistics: Sendable {
    /// Durations, compared or not.
    let heard: Int
    /// Durations that could be compared.
    let count: Int
    let long: LongDurations
    let parts: LongParts
    private let values: InlineArray<7, Double?>
    private let variancesOfOne: InlineArray<7, Double>

    /// - Parameters:
    ///   - calm: the p85 of the calmest few seconds, as steps.
    ///   - calmTail: their p97.
    init(heard: Int, count: Int, _ ratios: Ratios, parts: LongParts, calm: Int?, calmTail: Int?) {
        self.heard = heard
        self.count = count
        long = ratios.long
        self.parts = parts
        let quantiles = ratios.quantiles
        let mean = ratios.mean
        variancesOfOne = InlineArray { ratios.varianceOfOne(GrowthStatistic.allCases[$0]) }
        values = InlineArray { number in
            guard count > 0 else { return nil }
            switch GrowthStatistic.allCases[number] {
            case .low, .median, .upper, .tail: return Double(quantiles[number]) / 64
            case .mean: return mean
            case .calm: return calm.map { Double($0) / 64 }
            case .calmTail: return calmTail.map { Double($0) / 64 }
            }
        }
    }

    /// The binary logarithm of a statistic of the ratios; nil without any.
    subscript(_ statistic: GrowthStatistic) -> Double? { values[statistic.rawValue] }

    /// How much chance moves a statistic, judging by these durations: the variance due to a single one, which falls
    /// with their number. 0 if they don't show it.
    func varianceOfOne(_ statistic: GrowthStatistic) -> Double { variancesOfOne[statistic.rawValue] }
}
