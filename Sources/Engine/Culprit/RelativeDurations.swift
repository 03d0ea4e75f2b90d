/// Durations of a stretch of time, each relative to the usual one of its own series.
struct RelativeDurations: Sendable {
    /// Counts by the number of latency buckets between a duration and the usual one, shifted to be positive.
    private var steps = LatencyHistogram()
    /// The compared durations themselves; empty if they aren't kept.
    private(set) var compared = LatencyHistogram()
    private let keepsDurations: Bool
    /// Durations, compared or not.
    private(set) var heard = 0
    /// The steps of the last few seconds, which are a part of this time.
    private var part = LatencyHistogram()
    /// The lowest p90 of its parts, as steps, and their number.
    private var calmest: Int?
    private var partCount = 0

    private static let shift = LatencyBucket.codeCount
    /// With fewer durations, the tail of a few seconds is one of them.
    private static let partMin = 20

    /// - Parameter keepsDurations: without it nothing is `compared`, which takes half of the memory.
    init(keepsDurations: Bool = true) {
        self.keepsDurations = keepsDurations
    }

    /// Durations that could be compared.
    var count: Int { steps.count }

    /// Adds durations of one series, in order of bucket.
    ///
    /// - Parameter usual: the bucket of the usual one; nil if they can't be compared.
    mutating func add(_ cells: Span<SeriesCounts.Cell>, usual: Int?) {
        for index in cells.indices { heard += Int(cells[index].count) }
        guard let usual else { return }
        if keepsDurations { compared.add(cells) }
        steps.add(cells, atLeast: UsualDurations.codeMin, shiftedBy: Self.shift - usual)
        part.add(cells, atLeast: UsualDurations.codeMin, shiftedBy: Self.shift - usual)
    }

    /// Ends a few seconds whose durations have been added. Too few are added to what follows.
    mutating func endPart() {
        guard part.count >= Self.partMin, let tail = part.code(quantile: 0.9) else { return }
        calmest = min(calmest ?? tail, tail)
        partCount += 1
        part.removeAll()
    }

    /// Adds those of another stretch.
    mutating func add(_ other: RelativeDurations) {
        heard += other.heard
        compared.add(other.compared)
        steps.add(other.steps)
        if let calm = other.calmest { calmest = min(calmest ?? calm, calm) }
        partCount += other.partCount
    }

    /// Removes all durations, but keeps the memory.
    mutating func removeAll() {
        steps.removeAll()
        compared.removeAll()
        part.removeAll()
        (heard, calmest, partCount) = (0, nil, 0)
    }

    var statistics: StretchStatistics {
        var ratios = Ratios(of: steps.count)
        steps.forEachCell { step, count in ratios.add(step - Self.shift, count: count) }
        return StretchStatistics(
            heard: heard, count: count, ratios, calm: partCount >= Self.partsMin ? calmest.map { $0 - Self.shift } : nil
        )
    }

    /// In fewer parts, none may be calm.
    private static let partsMin = 3
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

/// What is known of a stretch of time.
struct StretchStatistics: Sendable {
    /// Durations, compared or not.
    let heard: Int
    /// Durations that could be compared.
    let count: Int
    private let values: InlineArray<6, Double?>

    /// - Parameter calm: the p90 of the calmest few seconds, as steps.
    fileprivate init(heard: Int, count: Int, _ ratios: Ratios, calm: Int?) {
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
            }
        }
    }

    /// The binary logarithm of a statistic of the ratios; nil without any.
    subscript(_ statistic: GrowthStatistic) -> Double? { values[statistic.rawValue] }
}

/// A statistic of durations relative to their usual ones. Which of them grew tells causes apart: a slow network delays the fast
/// calls too, a process that lacks CPU only those that had to wait for it.
package enum GrowthStatistic: Int, CaseIterable, Sendable {
    case low
    case median
    case upper
    case tail
    case mean
    /// The p90 of the calmest few seconds: a machine that is busy comes to rest now and then, a fault lasts.
    case calm

    /// As users write it.
    package var name: String {
        switch self {
        case .low: "p10"
        case .median: "p50"
        case .upper: "p80"
        case .tail: "p90"
        case .mean: "mean"
        case .calm: "calm_p90"
        }
    }

    /// How much the binary logarithm varies from one healthy stretch of time to the next on a busy machine, as a standard
    /// deviation: docs/culprit.md.
    var usualDeviation: Double {
        switch self {
        case .low, .median: 0.25
        case .upper: 0.35
        case .tail, .calm: 0.5
        case .mean: 0.4
        }
    }

    /// The standard deviation of the binary logarithm that comes from a single duration; it falls with the root of their
    /// number.
    var deviationOfOne: Double {
        switch self {
        case .low, .median: 1.2
        case .upper: 1.9
        case .tail, .mean: 2.5
        case .calm: 5
        }
    }

    /// The binary logarithm of the least growth that counts, whatever the deviation.
    var growthMin: Double {
        switch self {
        case .low, .median, .mean: 1
        case .upper: 1.3
        case .tail, .calm: 1.6
        }
    }
}
