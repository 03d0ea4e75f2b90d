package import Engine
import Support

/// A value that conditions can ask of the spans or requests of a group.
package enum Measure: Hashable, Sendable {
    case quantile(Quantile)
    case mean
    case max
    case count
    case rate
    case errors
    case errorRatio
    /// The count, or 0 if the group had nothing while others did.
    case seen
    /// Of a single span or request; only in `match` rules.
    case duration
    case burnRate(BurnRate)
    case slowdown(SlowdownRatio)
    /// Of self times: durations without the time of children.
    case selfQuantile(Quantile)
    case selfMean
    case selfMax
    /// The fraction of requests' time that a component took, 0...1.
    case share(RequestPart)
    /// The time that a component took of the mean request.
    case time(RequestPart)
}

/// The static properties of a value. `Measure.definition` is the table of all values of conditions: a new one gets a row
/// there, and `ResolvedValue` computes it.
struct MeasureDefinition {
    /// As written in conditions, with arguments.
    var name: String
    var dimension: Dimension
    /// The only population it applies to; nil for any.
    var population: Population?
    /// The durations to measure for it, main ones first; they come with count, errors and sum.
    var measured: [Measured] = [.durations]
    /// The quantile of these durations, 0...1.
    var quantile: Double?
    /// The duration, nanoseconds, beyond which a span counts as bad.
    var threshold: Int64?
    var needsMax = false
    /// Whether it depends on other groups having spans.
    var needsHeard = false
    /// Its possible values. Without spans there is no value, except for `seen`.
    var range = LawfulRange(low: 0, high: .infinity)
    var isWhole = false
}

/// The possible range of a value.
struct LawfulRange: Equatable {
    var low: Double
    var high: Double
    /// Whether the ends are excluded.
    var isLowOpen = false
    var isHighOpen = false

    var isEmpty: Bool { low > high || low == high && (isLowOpen || isHighOpen) }

    /// The range including its ends.
    var closed: NumberInterval { NumberInterval(between: low, and: min(high, .greatestFiniteMagnitude)) }

    mutating func raiseLow(to bound: Double, isOpen: Bool) {
        guard bound > low || bound == low && isOpen else { return }
        (low, isLowOpen) = (bound, isOpen)
    }

    mutating func lowerHigh(to bound: Double, isOpen: Bool) {
        guard bound < high || bound == high && isOpen else { return }
        (high, isHighOpen) = (bound, isOpen)
    }

    /// Restricts the range to whole numbers.
    mutating func makeWhole() {
        if low.isFinite {
            low = isLowOpen ? low.rounded(.down) + 1 : low.rounded(.up)
            isLowOpen = false
        }
        if high.isFinite {
            high = isHighOpen ? high.rounded(.up) - 1 : high.rounded(.down)
            isHighOpen = false
        }
    }
}

extension Measure {
    private static let ratio = LawfulRange(low: 0, high: 1)
    /// Of durations, seconds: longer spans are rejected.
    private static let durations = LawfulRange(low: 0, high: Double(TimeLimits.longestSpan) / 1e9)

    var definition: MeasureDefinition {
        switch self {
        case .quantile(let quantile):
            MeasureDefinition(
                name: "p\(quantile.percent)", dimension: .time, quantile: quantile.fraction, range: Self.durations)
        case .mean: MeasureDefinition(name: "mean", dimension: .time, range: Self.durations)
        case .max: MeasureDefinition(name: "max", dimension: .time, needsMax: true, range: Self.durations)
        // Never below 1, but people write `count >= 1` to require data.
        case .count: MeasureDefinition(name: "count", dimension: .count, isWhole: true)
        case .rate:
            MeasureDefinition(
                name: "rate", dimension: .rate, range: LawfulRange(low: 0, high: .infinity, isLowOpen: true))
        case .errors: MeasureDefinition(name: "errors", dimension: .count, isWhole: true)
        case .errorRatio: MeasureDefinition(name: "error_ratio", dimension: .ratio, range: Self.ratio)
        case .seen: MeasureDefinition(name: "seen", dimension: .count, needsHeard: true, isWhole: true)
        case .duration: MeasureDefinition(name: "duration", dimension: .time, range: Self.durations)
        case .burnRate(let rate):
            // Reached when all spans are bad.
            MeasureDefinition(
                name: rate.description, dimension: .plain, threshold: rate.threshold,
                range: LawfulRange(low: 0, high: 1 / rate.budget))
        case .slowdown(let ratio):
            MeasureDefinition(name: ratio.description, dimension: .plain, measured: [.slowdown(ratio)])
        case .selfQuantile(let quantile):
            MeasureDefinition(
                name: "self_p\(quantile.percent)", dimension: .time, population: .spans, measured: [.selfTimes],
                quantile: quantile.fraction, range: Self.durations)
        case .selfMean:
            MeasureDefinition(
                name: "self_mean", dimension: .time, population: .spans, measured: [.selfTimes], range: Self.durations)
        case .selfMax:
            MeasureDefinition(
                name: "self_max", dimension: .time, population: .spans, measured: [.selfTimes], needsMax: true,
                range: Self.durations)
        case .share(let part):
            MeasureDefinition(
                name: "share(\(part.name))", dimension: .ratio, population: .requests,
                measured: [.part(part.component), .parts], range: Self.ratio)
        case .time(let part):
            MeasureDefinition(
                name: "time(\(part.name))", dimension: .time, population: .requests, measured: [.part(part.component)])
        }
    }

    package var name: String { definition.name }
    package var dimension: Dimension { definition.dimension }
    /// The only population it applies to; nil for any.
    package var population: Population? { definition.population }

    /// Whether it can never exceed another measure of the same spans.
    func isNeverAbove(_ other: Measure) -> Bool {
        switch (self, other) {
        case (.quantile(let lower), .quantile(let upper)), (.selfQuantile(let lower), .selfQuantile(let upper)):
            lower.fraction <= upper.fraction
        case (.quantile, .max), (.mean, .max), (.selfQuantile, .selfMax), (.selfMean, .selfMax): true
        // The parts of a request add up to its duration.
        case (.time, .mean), (.time, .max): true
        // A self time is part of a duration.
        case (.selfQuantile, .max), (.selfMean, .max), (.selfMax, .max): true
        // If there is a count, `seen` equals it.
        case (.errors, .count), (.errors, .seen), (.count, .seen), (.seen, .count): true
        default: false
        }
    }
}

// MARK: - Names

extension Measure {
    /// The values without arguments.
    private static let plain: [Measure] = [
        .mean, .max, .count, .rate, .errors, .errorRatio, .seen, .selfMean, .selfMax, .duration,
    ]

    /// Candidates for a mistyped name.
    package static let names =
        ["p50", "p90", "p99", "p99.9", "self_p50", "self_p99"] + plain.map(\.name) + ["burn_rate", "slowdown"]

    /// The list of values in messages.
    static let listing =
        "the values are pN (p50, p99, p99.9, …), mean, max, count, rate, errors, error_ratio, seen, self_pN, self_mean, "
        + "self_max, share(component), time(component), burn_rate(objective, threshold, over) and slowdown(pN, ago)"

    /// nil for unknown names and for values that take arguments.
    package init?(name: String) {
        if let plain = Self.plain.first(where: { $0.name == name }) {
            self = plain
        } else if name.first == "p", let quantile = Quantile(percent: name.dropFirst()) {
            self = .quantile(quantile)
        } else if name.hasPrefix("self_p"), let quantile = Quantile(percent: name.dropFirst(6)) {
            self = .selfQuantile(quantile)
        } else {
            return nil
        }
    }
}
