import Engine
import Support

/// A value in a condition: a measure, taken over the rule's window or the same window `offset` earlier.
struct WindowValue: Hashable, Sendable {
    var measure: Measure
    /// Nanoseconds back from the evaluation.
    var offset: Int64
    /// The length of its own window, in nanoseconds; nil for the rule's.
    var over: Int64? { measure.traits.over }

    /// Nanoseconds from the end of the earliest window it uses to the evaluation.
    var farthestOffset: Int64 { offset.addingSaturating(measure.traits.measured[0].ago) }

    init(_ measure: Measure, offset: Int64 = 0) {
        self.measure = measure
        self.offset = offset
    }

    /// Whether it can never exceed another value.
    func isNeverAbove(_ other: WindowValue) -> Bool {
        self != other && offset == other.offset && measure.isNeverAbove(other.measure)
    }
}

/// A component named in a condition.
struct RequestPart: Hashable, Sendable {
    var name: String
    var component: Component

    init(name: String, component: Component) {
        self.name = name
        self.component = component
    }
}

/// The N of `pN`: above 0, at most 100, of at most ten characters.
package struct Quantile: Hashable, Sendable {
    var percent: String
    /// In 0...1. Parsed from the decimal text rather than divided by 100: in binary, 99.9 / 100 is above 0.999, and the
    /// nearest rank among a thousand spans would be off by one.
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

/// The objective of a burn rate: the ratio of spans or requests that have to be good, above 0% and below 100%.
struct Objective: Hashable, Sendable {
    /// The N of `N%`, with up to six decimals.
    let percent: String
    /// The ratio of bad spans that the objective allows, 0...1.
    let budget: Double

    init?(percent: String) {
        guard let budget = Self.budget(percent) else { return nil }
        self.percent = percent
        self.budget = budget
    }

    /// 100 % minus the objective, in integers: in doubles, 1 − 0.999 is slightly more than 0.001.
    private static func budget(_ percent: String) -> Double? {
        let parts = percent.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let decimals = parts.count == 2 ? parts[1] : ""
        guard let whole = parts.first, !whole.isEmpty, whole.count <= 2, decimals.count <= 6,
            let digits = Int(whole + decimals)
        else { return nil }
        let all = (0..<decimals.count).reduce(100) { power, _ in power * 10 }
        guard digits > 0, digits < all else { return nil }
        return Double("\(all - digits)e-\(decimals.count + 2)")
    }
}

/// How many times as long as before spans or requests take, whatever the mix: each series is compared with itself. It
/// is the geometric mean, over the series, of a percentile now divided by the same percentile then, weighted by each
/// series' count now. A rollout that creates pods where events were created before changes the median of all creates,
/// but no series' own.
///
/// Percentiles are rounded to their latency bucket, so the result is within 1.1 %.
package struct SlowdownRatio: Hashable, Sendable {
    package var quantile: Quantile
    /// Nanoseconds back to the time compared with.
    package var ago: Int64

    /// A series with fewer earlier durations has no meaningful percentile and is left out.
    static let countBeforeMin = 8
    /// With fewer current durations in the compared series, there is no data.
    static let countMin = 20

    init(quantile: Quantile, ago: Int64) {
        self.quantile = quantile
        self.ago = ago
    }
}
