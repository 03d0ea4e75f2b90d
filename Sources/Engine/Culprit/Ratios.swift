/// Accumulates ratios of durations to the usual, from the lowest to the highest.
struct Ratios {
    private let count: Int
    private var passed = 0
    /// By number of the statistic: the quantiles, and those a standard deviation of their rank below and above.
    private var (at, below, above): (RankedSteps, RankedSteps, RankedSteps)
    /// The ratios that count for the mean, without the highest 1 %, because a single duration can be a thousand times
    /// the usual.
    private let counted: Int
    private var (sum, sumOfSquares) = (0.0, 0.0)
    private var last = 0

    private static let fractions: InlineArray<4, Double> = [0.1, 0.5, 0.8, 0.9]

    init(of count: Int) {
        self.count = count
        counted = count - (count + 99) / 100
        at = RankedSteps(Self.fractions, of: count)
        // With so many durations, the share below the quantile varies by this much.
        let deviations = InlineArray<4, Double> { number in
            let fraction = Self.fractions[number]
            return (fraction * (1 - fraction) / Double(max(count, 1))).squareRoot()
        }
        below = RankedSteps(InlineArray { max(Self.fractions[$0] - deviations[$0], 0) }, of: count)
        above = RankedSteps(InlineArray { min(Self.fractions[$0] + deviations[$0], 1) }, of: count)
    }

    /// - Parameter steps: 64 are a doubling.
    mutating func add(_ steps: Int, count: Int) {
        let taken = min(count, max(counted - passed, 0))
        let ratio = Self.ratio(steps)
        sum += Double(taken) * ratio
        sumOfSquares += Double(taken) * ratio * ratio
        passed += count
        at.pass(steps, upTo: passed)
        below.pass(steps, upTo: passed)
        above.pass(steps, upTo: passed)
        last = steps
    }

    // MARK: Reading

    /// The steps at which the quantiles lie, by number of the statistic.
    var quantiles: InlineArray<4, Int> { at.steps }

    /// The binary logarithm.
    var mean: Double {
        counted > 0 ? LatencyBucket.binaryLogarithm(sum / Double(counted)) : Double(last) / 64
    }

    /// The variance of a statistic's binary logarithm that comes from a single duration; 0 for those of parts.
    func varianceOfOne(_ statistic: GrowthStatistic) -> Double {
        switch statistic {
        case .low, .median, .upper, .tail:
            // Where the quantile would lie with a rank a standard deviation off: no assumption about the distribution.
            let deviation = Double(above.steps[statistic.rawValue] - below.steps[statistic.rawValue]) / 128
            return deviation * deviation * Double(count)
        case .mean:
            guard counted > 0, sum > 0 else { return 0 }
            let squares = sumOfSquares * Double(counted) / (sum * sum)
            return max(squares - 1, 0) * Self.squareOfBinary
        case .calm, .calmTail: return 0
        }
    }

    /// A small relative change, squared, is this many times as much in binary logarithms.
    private static let squareOfBinary = 2.0814

    private static func ratio(_ steps: Int) -> Double { ratios[steps + LatencyBucket.codeCount] }
    private static let ratios = (0...2 * LatencyBucket.codeCount).map {
        LatencyBucket.ratio(ofSteps: Double($0 - LatencyBucket.codeCount))
    }
}

/// The steps at which some ranks lie, in ascending order.
private struct RankedSteps {
    private(set) var steps = InlineArray<4, Int>(repeating: 0)
    private let ranks: InlineArray<4, Int>
    private var next = 0

    init(_ fractions: InlineArray<4, Double>, of count: Int) {
        ranks = InlineArray { ExactQuantile.rank(fractions[$0], of: max(count, 1)) }
    }

    mutating func pass(_ step: Int, upTo passed: Int) {
        while next < ranks.count, passed >= ranks[next] {
            steps[next] = step
            next += 1
        }
    }
}
