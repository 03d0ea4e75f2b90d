/// A statistic of durations relative to the usual. Which of them grew distinguishes causes: a slow network delays the
/// fast calls too, a process that lacks CPU only those that had to wait for it.
package enum GrowthStatistic: Int, CaseIterable, Sendable {
    case low
    case median
    case upper
    case tail
    case mean
    /// The p85 of the calmest few seconds: a busy machine has calm moments, while a fault lasts.
    case calm
    /// Their p97: other work makes a few calls very long now and then, a network that loses segments does so all the
    /// time.
    case calmTail

    /// As users write it.
    package var name: String {
        switch self {
        case .low: "p10"
        case .median: "p50"
        case .upper: "p80"
        case .tail: "p90"
        case .mean: "mean"
        case .calm: "calm_p85"
        case .calmTail: "calm_p97"
        }
    }

    /// Whether it is made of parts of a stretch. With too few parts there is no such statistic, and nothing to compare
    /// with.
    var isOfParts: Bool { self == .calm || self == .calmTail }

    /// How much the binary logarithm varies from one healthy stretch of time to the next on a busy machine, as a standard
    /// deviation: docs/culprit.md.
    var usualDeviation: Double {
        switch self {
        case .low, .median: 0.25
        case .upper: 0.35
        case .tail: 0.5
        case .mean, .calm: 0.4
        case .calmTail: 0.6
        }
    }

    /// The standard deviation of the binary logarithm that comes from a single duration; it falls with the root of their
    /// number.
    var deviationOfOne: Double {
        switch self {
        case .low, .median: 1.2
        case .upper: 1.9
        case .tail, .mean: 2.5
        case .calm, .calmTail: 5
        }
    }

    /// The binary logarithm of the least growth that counts, whatever the deviation.
    var growthMin: Double {
        switch self {
        case .low, .median, .mean: 1
        case .upper: 1.3
        case .tail, .calm: 1.6
        case .calmTail: 2
        }
    }
}
