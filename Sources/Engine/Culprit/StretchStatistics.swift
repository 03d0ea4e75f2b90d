/// The statistics of a stretch of time: what its durations relative to the usual ones were like.
struct StretchStatistics: Sendable {
    /// Durations, compared or not.
    let heard: Int
    /// Durations that could be compared.
    let count: Int
    private let values: InlineArray<7, Double?>

    /// - Parameters:
    ///   - calm: the p85 of the calmest few seconds, as steps.
    ///   - calmTail: their p97.
    init(heard: Int, count: Int, _ ratios: Ratios, calm: Int?, calmTail: Int?) {
        self.heard = heard
        self.count = count
        let quantiles = ratios.quantiles
        let mean = ratios.mean
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
}

/// Takes in ratios of durations to the usual ones, from the lowest to the highest.
struct Ratios {
    /// The steps at which the quantiles lie, by number of the statistic.
    private(set) var quantiles = InlineArray<4, Int>(repeating: 0)
    private let ranks: InlineArray<4, Int>
    private let fractions: InlineArray<4, Double> = [0.1, 0.5, 0.8, 0.9]
    private var passed = 0
    private var next = 0
    /// Those that count for the mean: without the highest one in a hundred, for a single duration can be a thousand times
    /// the usual one.
    private let counted: Int
    private var sum = 0.0
    private var last = 0

    init(of count: Int) {
        let fractions = fractions
        ranks = InlineArray { ExactQuantile.rank(fractions[$0], of: max(count, 1)) }
        counted = count - (count + 99) / 100
    }

    /// - Parameter steps: 64 are a doubling.
    mutating func add(_ steps: Int, count: Int) {
        let taken = min(count, max(counted - passed, 0))
        sum += Double(taken) * Self.ratio(steps)
        passed += count
        while next < ranks.count, passed >= ranks[next] {
            quantiles[next] = steps
            next += 1
        }
        last = steps
    }

    /// The binary logarithm.
    var mean: Double {
        counted > 0 ? LatencyBucket.binaryLogarithm(sum / Double(counted)) : Double(last) / 64
    }

    private static func ratio(_ steps: Int) -> Double { ratios[steps + LatencyBucket.codeCount] }
    private static let ratios = (0...2 * LatencyBucket.codeCount).map {
        LatencyBucket.ratio(ofSteps: Double($0 - LatencyBucket.codeCount))
    }
}
