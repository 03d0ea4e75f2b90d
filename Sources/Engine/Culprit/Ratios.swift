/// Accumulates ratios of durations to the usual, from the lowest to the highest.
struct Ratios {
    private let count: Int
    private var passed = 0
    /// By number of the statistic: the quantiles, then those a standard deviation of their rank below, then those above.
    private var ranked: RankedSteps
    /// The ratios that count for the mean, without the highest 1 %, because a single duration can be a thousand times
    /// the usual.
    private let counted: Int
    private var (sum, sumOfSquares) = (0.0, 0.0)
    private var last = 0
    private(set) var long = LongDurations()

    private static let fractions: InlineArray<4, Double> = [0.1, 0.5, 0.8, 0.9]

    init(of count: Int) {
        self.count = count
        counted = count - (count + 99) / 100
        // With so many durations, the share below the quantile varies by this much.
        let deviations = InlineArray<4, Double> { number in
            let fraction = Self.fractions[number]
            return (fraction * (1 - fraction) / Double(max(count, 1))).squareRoot()
        }
        ranked = RankedSteps(
            InlineArray { number in
                let statistic = number % 4
                return switch number / 4 {
                case 0: Self.fractions[statistic]
                case 1: max(Self.fractions[statistic] - deviations[statistic], 0)
                default: min(Self.fractions[statistic] + deviations[statistic], 1)
                }
            }, of: count)
    }

    /// - Parameter steps: 64 are a doubling.
    mutating func add(_ steps: Int, count: Int) {
        let taken = min(count, max(counted - passed, 0))
        let ratio = ratios[steps + LatencyBucket.codeCount]
        sum += Double(taken) * ratio
        sumOfSquares += Double(taken) * ratio * ratio
        passed += count
        ranked.pass(steps, upTo: passed)
        last = steps
        long.add(steps, count: count)
    }

    // MARK: Reading

    /// The steps at which the quantiles lie, by number of the statistic.
    var quantiles: InlineArray<4, Int> { InlineArray { ranked.steps[$0] } }

    /// The binary logarithm.
    var mean: Double {
        counted > 0 ? LatencyBucket.binaryLogarithm(sum / Double(counted)) : Double(last) / 64
    }

    /// The variance of a statistic's binary logarithm that comes from a single duration; 0 for those of parts.
    func varianceOfOne(_ statistic: GrowthStatistic) -> Double {
        switch statistic {
        case .low, .median, .upper, .tail:
            // Where the quantile would lie with a rank a standard deviation off: no assumption about the distribution.
            let deviation = Double(ranked.steps[8 + statistic.rawValue] - ranked.steps[4 + statistic.rawValue]) / 128
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

    private let ratios = Self.all
    private static let all = (0...2 * LatencyBucket.codeCount).map {
        LatencyBucket.ratio(ofSteps: Double($0 - LatencyBucket.codeCount))
    }
}

/// The steps at which some ranks lie.
private struct RankedSteps {
    /// In the order of their fractions.
    private(set) var steps = InlineArray<12, Int>(repeating: 0)
    /// Ascending.
    private var ranks = InlineArray<12, Int>(repeating: 0)
    /// The number of each rank's fraction.
    private var numbers = InlineArray<12, Int>(repeating: 0)
    private var next = 0

    init(_ fractions: InlineArray<12, Double>, of count: Int) {
        for number in fractions.indices {
            let rank = ExactQuantile.rank(fractions[number], of: max(count, 1))
            var place = number
            while place > 0, ranks[place - 1] > rank {
                (ranks[place], numbers[place]) = (ranks[place - 1], numbers[place - 1])
                place -= 1
            }
            (ranks[place], numbers[place]) = (rank, number)
        }
    }

    @inline(__always)
    mutating func pass(_ step: Int, upTo passed: Int) {
        while next < ranks.count, passed >= ranks[next] {
            steps[numbers[next]] = step
            next += 1
        }
    }
}
