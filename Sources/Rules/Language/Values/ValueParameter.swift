import Engine
import Support

/// An argument that a value takes, in the table of values.
struct ValueParameter: Sendable {
    enum Kind: Sendable {
        case percentile
        case statistic
        case objective
        case component
        /// - Parameter zeroError: why it can't be 0s; nil if it can.
        case duration(zeroError: String?)
    }

    let kind: Kind
    /// In the list of values: the `threshold` of `burn_rate(objective, threshold, over)`.
    let name: String
    /// What messages call it, as in "a threshold".
    let phrase: String
    /// What messages expect in its place, as in "a threshold such as 1s".
    let wanted: String

    static let percentile = ValueParameter(
        kind: .percentile, name: "pN", phrase: "a percentile", wanted: "a percentile such as p50")
    static let statistic = ValueParameter(
        kind: .statistic, name: "statistic", phrase: "a statistic",
        wanted: "one of p10, p50, p80, p90, mean, calm_p85 and calm_p97")
    static let component = ValueParameter(
        kind: .component, name: "component", phrase: "a component", wanted: "a component such as etcd")
    static let objective = ValueParameter(
        kind: .objective, name: "objective", phrase: "an objective", wanted: "an objective such as 99.9%")
    static let threshold = ValueParameter(
        kind: .duration(zeroError: nil), name: "threshold", phrase: "a threshold",
        wanted: "a threshold such as 1s, above which a span is bad")
    static let window = ValueParameter(
        kind: .duration(zeroError: "a window is longer than 0s"), name: "over", phrase: "a window",
        wanted: "the length of a window such as 1h")
    static let ago = ValueParameter(
        kind: .duration(zeroError: "slowdown compares with an earlier time, so not with 0s ago"), name: "ago",
        phrase: "the time to compare with", wanted: "how long before to compare with, such as 1m")
}

/// An argument of a value, as read.
enum ValueArgument: Hashable, Sendable {
    case percentile(Quantile)
    case statistic(GrowthStatistic)
    case objective(Objective)
    case component(RequestPart)
    /// Nanoseconds.
    case duration(Int64)
}

extension ValueArgument: CustomStringConvertible {
    var description: String {
        switch self {
        case .percentile(let percentile): "p\(percentile.percent)"
        case .statistic(let statistic): statistic.name
        case .objective(let objective): "\(objective.percent)%"
        case .component(let part): part.name
        case .duration(let nanoseconds): DurationText.format(nanoseconds)
        }
    }
}

/// The arguments of a value, by their position among the parameters of its row.
struct ValueArguments: Sendable {
    let all: [ValueArgument]

    init(_ all: [ValueArgument]) {
        self.all = all
    }

    func percentile(_ index: Int) -> Quantile {
        guard case .percentile(let percentile) = all[index] else { Self.mismatch(index) }
        return percentile
    }

    func statistic(_ index: Int) -> GrowthStatistic {
        guard case .statistic(let statistic) = all[index] else { Self.mismatch(index) }
        return statistic
    }

    func objective(_ index: Int) -> Objective {
        guard case .objective(let objective) = all[index] else { Self.mismatch(index) }
        return objective
    }

    func component(_ index: Int) -> Component {
        guard case .component(let part) = all[index] else { Self.mismatch(index) }
        return part.component
    }

    /// Nanoseconds.
    func duration(_ index: Int) -> Int64 {
        guard case .duration(let nanoseconds) = all[index] else { Self.mismatch(index) }
        return nanoseconds
    }

    private static func mismatch(_ index: Int) -> Never {
        preconditionFailure("parameter \(index) of this row of the table of values is of another kind")
    }
}
