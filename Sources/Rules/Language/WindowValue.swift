/// A value of a condition: what is measured, over the rule's window or the same window `offset` earlier.
package struct WindowValue: Hashable, Sendable {
    package var measure: Measure
    /// Nanoseconds back from the evaluation.
    package var offset: Int64
    /// The length of its own window, nanoseconds; nil for the rule's.
    package var over: Int64? { if case .burnRate(let rate) = measure { rate.over } else { nil } }

    package init(_ measure: Measure, offset: Int64 = 0) {
        self.measure = measure
        self.offset = offset
    }
}

/// What can be asked of the spans or requests of one group.
package enum Measure: Hashable, Sendable {
    case quantile(Quantile)
    case mean
    case max
    case count
    case rate
    case errors
    case errorRatio
    /// The count, but 0 where nothing came of the group while others were heard.
    case seen
    /// Of a single span or request: in match rules alone.
    case duration
    case burnRate(BurnRate)

    package static let names = [
        "p50", "p90", "p99", "p99.9", "mean", "max", "count", "rate", "errors", "error_ratio", "seen", "burn_rate",
        "duration",
    ]

    /// Words of the language that are accepted only with later versions.
    package static let reserved: Set<String> = ["share", "time"]

    /// How messages list the values there are.
    package static let listing =
        "the values are pN (p50, p99, p99.9, …), mean, max, count, rate, errors, error_ratio, seen and "
        + "burn_rate(objective, threshold, over)"

    package init?(name: String) {
        switch name {
        case "mean": self = .mean
        case "max": self = .max
        case "count": self = .count
        case "rate": self = .rate
        case "errors": self = .errors
        case "error_ratio": self = .errorRatio
        case "seen": self = .seen
        case "duration": self = .duration
        default:
            guard name.first == "p", let quantile = Quantile(percent: name.dropFirst()) else { return nil }
            self = .quantile(quantile)
        }
    }

    package var name: String {
        switch self {
        case .quantile(let quantile): "p\(quantile.percent)"
        case .mean: "mean"
        case .max: "max"
        case .count: "count"
        case .rate: "rate"
        case .errors: "errors"
        case .errorRatio: "error_ratio"
        case .seen: "seen"
        case .duration: "duration"
        case .burnRate(let rate): rate.description
        }
    }

    package var dimension: Dimension {
        switch self {
        case .quantile, .mean, .max, .duration: .time
        case .count, .errors, .seen: .count
        case .rate: .rate
        case .errorRatio: .ratio
        case .burnRate: .plain
        }
    }
}

/// The N of `pN`: above 0, at most 100, with up to six decimals.
package struct Quantile: Hashable, Sendable {
    package var percent: String
    /// In 0...1. Read from the decimal text rather than divided by 100, since 99.9 / 100 is above 0.999 in
    /// binary and the nearest rank of a thousand spans would slip by one.
    package var fraction: Double

    package init?(percent: some StringProtocol) {
        guard percent.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), percent.count <= 10,
            percent.first?.isNumber == true, percent.last?.isNumber == true,
            let fraction = Double("\(percent)e-2"), fraction > 0, fraction <= 1
        else { return nil }
        self.percent = String(percent)
        self.fraction = fraction
    }
}
