package import Engine
import Support

/// A value of a condition: what is measured, over the rule's window or the same window `offset` earlier.
package struct WindowValue: Hashable, Sendable {
    package var measure: Measure
    /// Nanoseconds back from the evaluation.
    package var offset: Int64
    /// The length of its own window, nanoseconds; nil for the rule's.
    package var over: Int64? { if case .burnRate(let rate) = measure { rate.over } else { nil } }

    /// Nanoseconds from the end of the earliest window that it looks at to the evaluation.
    var farthestOffset: Int64 { offset.addingSaturating(measure.measured[0].ago) }

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
    case slowdown(SlowdownRatio)
    /// Of what spans took themselves, without what is below them.
    case selfQuantile(Quantile)
    case selfMean
    case selfMax
    /// What part of requests' time a component took, 0...1.
    case share(RequestPart)
    /// What a component took of the mean request.
    case time(RequestPart)

    package static let names = [
        "p50", "p90", "p99", "p99.9", "mean", "max", "count", "rate", "errors", "error_ratio", "seen", "self_p50",
        "self_p99", "self_mean", "self_max", "burn_rate", "slowdown", "duration",
    ]

    /// How messages list the values there are.
    static let listing =
        "the values are pN (p50, p99, p99.9, …), mean, max, count, rate, errors, error_ratio, seen, self_pN, self_mean, "
        + "self_max, share(component), time(component), burn_rate(objective, threshold, over) and slowdown(pN, ago)"

    package init?(name: String) {
        switch name {
        case "mean": self = .mean
        case "max": self = .max
        case "count": self = .count
        case "rate": self = .rate
        case "errors": self = .errors
        case "error_ratio": self = .errorRatio
        case "self_mean": self = .selfMean
        case "self_max": self = .selfMax
        case "seen": self = .seen
        case "duration": self = .duration
        default:
            if name.first == "p", let quantile = Quantile(percent: name.dropFirst()) {
                self = .quantile(quantile)
            } else if name.hasPrefix("self_p"), let quantile = Quantile(percent: name.dropFirst(6)) {
                self = .selfQuantile(quantile)
            } else {
                return nil
            }
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
        case .selfQuantile(let quantile): "self_p\(quantile.percent)"
        case .selfMean: "self_mean"
        case .selfMax: "self_max"
        case .share(let part): "share(\(part.name))"
        case .time(let part): "time(\(part.name))"
        case .seen: "seen"
        case .duration: "duration"
        case .burnRate(let rate): rate.description
        case .slowdown(let slowdown): slowdown.description
        }
    }

    package var dimension: Dimension {
        switch self {
        case .quantile, .mean, .max, .duration, .selfQuantile, .selfMean, .selfMax, .time: .time
        case .count, .errors, .seen: .count
        case .rate: .rate
        case .errorRatio, .share: .ratio
        case .burnRate, .slowdown: .plain
        }
    }

    /// The population that it can be asked of; nil if of any.
    package var population: Population? {
        switch self {
        case .quantile, .mean, .max, .count, .rate, .errors, .errorRatio, .seen, .duration, .burnRate, .slowdown:
            nil
        case .selfQuantile, .selfMean, .selfMax: .spans
        case .share, .time: .requests
        }
    }
}

/// A component that a condition names.
package struct RequestPart: Hashable, Sendable {
    package var name: String
    package var component: Component

    package init(name: String, component: Component) {
        self.name = name
        self.component = component
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
