/// What a number of a condition can be while some of what it is made of is known within bounds only: anything from
/// `low` to `high`, and perhaps no data. What is known exactly has one possibility, so that the arithmetic of conditions
/// is this one, whether its operands are exact or not.
///
/// Rounding is monotone: what an operation makes of the bounds bounds what it makes of anything between them.
package struct NumberInterval: Equatable, Sendable {
    /// Above `high` if the only possibility is no data.
    package private(set) var low: Double
    package private(set) var high: Double
    package private(set) var canBeMissing: Bool

    /// No data.
    package static let missing = NumberInterval(low: .infinity, high: -.infinity, canBeMissing: true)
    /// Nothing is known of it.
    package static let anything = NumberInterval(
        low: -.greatestFiniteMagnitude, high: .greatestFiniteMagnitude, canBeMissing: true)

    private init(low: Double, high: Double, canBeMissing: Bool) {
        self.low = low
        self.high = high
        self.canBeMissing = canBeMissing
    }

    package init(_ value: Double) {
        self.init(between: value, and: value, canBeMissing: false)
    }

    /// What has no finite value, such as a division by zero, is no data.
    package init(between low: Double, and high: Double, canBeMissing: Bool = false) {
        guard low < .infinity, high > -.infinity else {
            self = .missing
            return
        }
        self.low = max(low, -.greatestFiniteMagnitude)
        self.high = min(high, .greatestFiniteMagnitude)
        self.canBeMissing = canBeMissing || low == -.infinity || high == .infinity
    }

    var isMissing: Bool { low > high }

    /// Whether there is but one possibility.
    package var isExact: Bool {
        isMissing || !canBeMissing && low.bitPattern == high.bitPattern
    }

    /// The number if it is known exactly and there is one.
    package var value: Double? { isExact && !isMissing ? low : nil }

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

    package func compared(_ sign: ComparisonOperator, with other: NumberInterval) -> TernarySet {
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

/// What the answers to a condition can be: one of the three if it is known.
package struct TernarySet: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let holds = TernarySet(rawValue: 1)
    package static let fails = TernarySet(rawValue: 2)
    /// It can't be known, not even from all spans.
    package static let noData = TernarySet(rawValue: 4)

    /// Whether there is but one possibility.
    package var isExact: Bool { rawValue.nonzeroBitCount == 1 }

    // Kleene's three-valued logic: false and no data is false, true or no data is true.

    package static prefix func ! (operand: TernarySet) -> TernarySet {
        var result = operand.intersection(.noData)
        if operand.contains(.holds) { result.insert(.fails) }
        if operand.contains(.fails) { result.insert(.holds) }
        return result
    }

    func combined(_ word: LogicOperator, with other: TernarySet) -> TernarySet {
        // The truth value that decides alone, whatever the other side.
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
