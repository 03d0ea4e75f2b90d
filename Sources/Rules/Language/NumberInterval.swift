/// The possible values of a number in a condition while some of its inputs are known only within bounds: anything from
/// `low` to `high`, and perhaps no data. An exact number has one possible value, so this is the arithmetic of all
/// conditions, exact or not.
///
/// Rounding is monotone, so the result for the bounds bounds the result for anything between them.
package struct NumberInterval: Equatable, Sendable {
    /// Greater than `high` if the only possibility is no data.
    private(set) var low: Double
    private(set) var high: Double
    private(set) var canBeMissing: Bool

    /// No data.
    static let missing = NumberInterval(low: .infinity, high: -.infinity, canBeMissing: true)
    /// Nothing is known.
    static let anything = NumberInterval(
        low: -.greatestFiniteMagnitude, high: .greatestFiniteMagnitude, canBeMissing: true)

    private init(low: Double, high: Double, canBeMissing: Bool) {
        self.low = low
        self.high = high
        self.canBeMissing = canBeMissing
    }

    init(_ value: Double) {
        self.init(between: value, and: value, canBeMissing: false)
    }

    /// A value that isn't finite, such as after a division by zero, is no data.
    init(between low: Double, and high: Double, canBeMissing: Bool = false) {
        guard low < .infinity, high > -.infinity else {
            self = .missing
            return
        }
        self.low = max(low, -.greatestFiniteMagnitude)
        self.high = min(high, .greatestFiniteMagnitude)
        self.canBeMissing = canBeMissing || low == -.infinity || high == .infinity
    }

    var isMissing: Bool { low > high }

    /// Whether there is only one possibility.
    package var isExact: Bool {
        isMissing || !canBeMissing && low.bitPattern == high.bitPattern
    }

    /// The number, if it is exact and not missing.
    var value: Double? { isExact && !isMissing ? low : nil }

    // MARK: Arithmetic

    package static prefix func - (operand: NumberInterval) -> NumberInterval {
        operand.isMissing
            ? .missing
            : NumberInterval(between: -operand.high, and: -operand.low, canBeMissing: operand.canBeMissing)
    }

    func combined(_ sign: ArithmeticOperator, with other: NumberInterval) -> NumberInterval {
        guard !isMissing, !other.isMissing else { return .missing }
        let canBeMissing = canBeMissing || other.canBeMissing
        switch sign {
        case .add:
            return NumberInterval(between: low + other.low, and: high + other.high, canBeMissing: canBeMissing)
        case .subtract:
            return NumberInterval(between: low - other.high, and: high - other.low, canBeMissing: canBeMissing)
        case .multiply:
            let ends = (low * other.low, low * other.high, high * other.low, high * other.high)
            return NumberInterval(ends, canBeMissing)
        case .divide:
            guard other.low > 0 || other.high < 0 else {
                return other.low == other.high ? .missing : .anything
            }
            let ends = (low / other.low, low / other.high, high / other.low, high / other.high)
            return NumberInterval(ends, canBeMissing)
        }
    }

    private init(_ ends: (Double, Double, Double, Double), _ canBeMissing: Bool) {
        self.init(
            between: min(min(ends.0, ends.1), min(ends.2, ends.3)),
            and: max(max(ends.0, ends.1), max(ends.2, ends.3)), canBeMissing: canBeMissing)
    }

    // MARK: Comparison

    func compared(_ sign: ComparisonOperator, with other: NumberInterval) -> TernarySet {
        guard !isMissing, !other.isMissing else { return .noData }
        var truth: TernarySet = canBeMissing || other.canBeMissing ? .noData : []
        switch sign {
        case .greater, .greaterOrEqual:
            if sign.holds(high, other.low) { truth.insert(.holds) }
            if !sign.holds(low, other.high) { truth.insert(.fails) }
        case .less, .lessOrEqual:
            if sign.holds(low, other.high) { truth.insert(.holds) }
            if !sign.holds(high, other.low) { truth.insert(.fails) }
        case .equal, .notEqual:
            let canBeEqual = low <= other.high && other.low <= high
            let canDiffer = low != high || other.low != other.high || low != other.low
            if canBeEqual { truth.insert(sign == .equal ? .holds : .fails) }
            if canDiffer { truth.insert(sign == .equal ? .fails : .holds) }
        }
        return truth
    }
}

/// The possible results of a condition: exactly one if it is known.
package struct TernarySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    static let holds = TernarySet(rawValue: 1)
    static let fails = TernarySet(rawValue: 2)
    /// Unknown, even with all spans at hand.
    static let noData = TernarySet(rawValue: 4)

    /// Whether there is only one possibility.
    package var isExact: Bool { rawValue.nonzeroBitCount == 1 }

    // Kleene's three-valued logic: `false and no data` is false, `true or no data` is true.

    package static prefix func ! (operand: TernarySet) -> TernarySet {
        var result = operand.intersection(.noData)
        if operand.contains(.holds) { result.insert(.fails) }
        if operand.contains(.fails) { result.insert(.holds) }
        return result
    }

    func combined(_ word: LogicOperator, with other: TernarySet) -> TernarySet {
        // The truth value that decides whatever the other side is.
        let deciding: TernarySet = word == .or ? .holds : .fails
        let neutral: TernarySet = word == .or ? .fails : .holds
        var result = union(other).intersection(deciding)
        if contains(neutral), other.contains(neutral) { result.insert(neutral) }
        let open: TernarySet = [neutral, .noData]
        if contains(.noData) && !other.isDisjoint(with: open) || other.contains(.noData) && !isDisjoint(with: open) {
            result.insert(.noData)
        }
        return result
    }
}
