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
