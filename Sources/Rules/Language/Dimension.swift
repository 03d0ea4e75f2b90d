/// What a number in a condition measures. Arithmetic and comparisons are checked against it when a rule is loaded.
enum Dimension: Hashable, Sendable {
    /// Seconds: `p99`, `mean`, `max`, `150ms`.
    case time
    /// A part of a whole, 0...1: `error_ratio`, `60%`.
    case ratio
    /// Per second: `rate`, `50/s`.
    case rate
    /// Spans or requests: `count`, `errors`.
    case count
    /// A number without a unit (`3`) or the quotient of two like values. Combines with everything but times.
    case plain
    /// True or false: a comparison.
    case boolean

    /// What messages call a value of this dimension.
    var phrase: String {
        switch self {
        case .time: "a time"
        case .ratio: "a ratio"
        case .rate: "a rate"
        case .count: "a count"
        case .plain: "a plain number"
        case .boolean: "true or false"
        }
    }

    /// A literal of this dimension, for messages that suggest a fix.
    var example: String {
        switch self {
        case .time: "150ms"
        case .ratio: "5%"
        case .rate: "50/s"
        case .count, .plain: "50"
        case .boolean: "count > 50"
        }
    }

    /// The common dimension of both sides of a sum or comparison; nil if they have none.
    func unified(with other: Dimension) -> Dimension? {
        if self == other { return self }
        switch (self, other) {
        case (.plain, .ratio), (.plain, .rate), (.plain, .count): return other
        case (.ratio, .plain), (.rate, .plain), (.count, .plain): return self
        default: return nil
        }
    }

    /// The dimension of `self * other`; nil if rules have no unit for it (a time squared).
    func multiplied(by other: Dimension) -> Dimension? {
        guard let left = timePower, let right = other.timePower else { return nil }
        return Self.combined(self, other, timePower: left + right)
    }

    /// The dimension of `self / other`; nil if rules have no unit for it (a rate by a time).
    func divided(by other: Dimension) -> Dimension? {
        guard let left = timePower, let right = other.timePower else { return nil }
        if left == 0, right == 0, other == .count || self == other { return .plain }
        return Self.combined(self, other, timePower: left - right)
    }

    /// The power of seconds in this dimension; nil for booleans.
    private var timePower: Int? {
        switch self {
        case .time: 1
        case .rate: -1
        case .ratio, .count, .plain: 0
        case .boolean: nil
        }
    }

    private static func combined(_ left: Dimension, _ right: Dimension, timePower: Int) -> Dimension? {
        switch timePower {
        case 1: return .time
        case -1: return .rate
        case 0:
            // A factor scales the other side: 3 * count is a count, 60% * 5% a ratio.
            if left == .count, right != .count { return .count }
            if right == .count, left != .count { return .count }
            if left == .ratio, right == .ratio || right == .plain { return .ratio }
            if right == .ratio, left == .plain { return .ratio }
            return .plain
        default: return nil
        }
    }
}
