/// Durations of a stretch of time, each relative to the usual one of its own series.
struct RelativeDurations: Sendable {
    /// Counts by the number of latency buckets between a duration and the usual one, shifted to be positive.
    private var steps = LatencyHistogram()
    /// The compared durations themselves.
    private(set) var compared = LatencyHistogram()
    /// Durations, compared or not.
    private(set) var heard = 0
    /// The lowest p90 of its parts, as steps, and their number.
    private var calmest: Int?
    private var partCount = 0

    private static let shift = LatencyBucket.codeCount

    /// Durations that could be compared.
    var count: Int { steps.count }

    mutating func add(_ code: Int, usual: Int?, count: Int) {
        heard += count
        guard let usual else { return }
        compared.add(code, count: count)
        steps.add(Self.step(code, usual: usual), count: count)
    }

    /// The number of latency buckets between a duration and the usual one, shifted to be positive.
    static func step(_ code: Int, usual: Int) -> Int { max(code, GrowthMeter.codeMin) - usual + shift }

    /// Adds a part of this time, as steps.
    mutating func add(part: LatencyHistogram) {
        guard let tail = part.code(quantile: Self.tail) else { return }
        calmest = min(calmest ?? tail, tail)
        partCount += 1
    }

    private static let tail = 0.9
    /// In fewer parts, none may be calm.
    private static let partsMin = 3

    /// Adds those of another stretch.
    mutating func add(_ other: RelativeDurations) {
        heard += other.heard
        for (code, count) in other.compared.cells { compared.add(code, count: count) }
        if let calm = other.calmest { calmest = min(calmest ?? calm, calm) }
        partCount += other.partCount
        for (code, count) in other.steps.cells { steps.add(code, count: count) }
    }

    /// The binary logarithm of a statistic of the ratios; nil without any.
    subscript(_ statistic: GrowthStatistic) -> Double? {
        guard steps.count > 0 else { return nil }
        switch statistic {
        case .low: return quantile(0.1)
        case .median: return quantile(0.5)
        case .upper: return quantile(0.8)
        case .tail: return quantile(Self.tail)
        case .mean: return mean
        case .calm: return partCount >= Self.partsMin ? calmest.map { Double($0 - Self.shift) / 64 } : nil
        }
    }

    private func quantile(_ quantile: Double) -> Double? {
        steps.code(quantile: quantile).map { Double($0 - Self.shift) / 64 }
    }

    /// The mean of the ratios without the highest one in a hundred: a single duration can be a thousand times the usual one.
    private var mean: Double {
        var left = steps.count - (steps.count + 99) / 100
        guard left > 0 else { return Double((steps.code(quantile: 1) ?? Self.shift) - Self.shift) / 64 }
        let counted = Double(left)
        var sum = 0.0
        for (code, count) in steps.cells where left > 0 {
            let taken = min(count, left)
            left -= taken
            sum += Double(taken) * LatencyBucket.ratio(ofSteps: Double(code - Self.shift))
        }
        return LatencyBucket.binaryLogarithm(sum / counted)
    }
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
