/// The durations for which a condition on single spans holds. With it, a scan of one column finds the spans that match.
package struct DurationSet: Hashable, Sendable {
    /// Nanoseconds, ascending, neither overlapping nor adjacent.
    package private(set) var ranges: [ClosedRange<Int64>]

    /// The durations for which a checked condition holds; throws if it compares anything but a duration with a
    /// constant.
    init(_ condition: Expression) throws(ConditionError) {
        self = try Self.durations(condition)
        guard !ranges.isEmpty else {
            throw ConditionError(at: 0, "no duration satisfies this: the condition never holds")
        }
    }

    private init(ranges: [ClosedRange<Int64>]) {
        self.ranges = ranges
    }

    private static func durations(_ node: Expression) throws(ConditionError) -> DurationSet {
        switch node.kind {
        case .not(let operand): try durations(operand).complement
        case .logic(.or, let left, let right): try durations(left).union(try durations(right))
        case .logic(.and, let left, let right):
            try durations(left).complement.union(try durations(right).complement).complement
        case .comparison(let sign, let left, let right): try comparison(sign, left, right, at: node.position)
        case .literal, .value, .negative, .arithmetic: DurationSet(ranges: [])
        }
    }

    // MARK: Comparisons

    private static func comparison(
        _ sign: ComparisonOperator, _ left: Expression, _ right: Expression, at position: Int
    ) throws(ConditionError) -> DurationSet {
        if case .value = left.kind, let limit = right.constant { return DurationSet(sign, limit) }
        if case .value = right.kind, let limit = left.constant { return DurationSet(sign.mirrored, limit) }
        throw ConditionError(
            at: position, "a rule over single spans compares duration with a time, as in duration > 10s")
    }

    /// - Parameter seconds: the constant that durations are compared with.
    private init(_ sign: ComparisonOperator, _ seconds: Double) {
        let nanoseconds = (seconds * 1e9).nearWhole
        switch sign {
        case .greater: self = Self.from(nanoseconds.rounded(.down) + 1)
        case .greaterOrEqual: self = Self.from(nanoseconds.rounded(.up))
        case .less: self = Self.from(nanoseconds.rounded(.up)).complement
        case .lessOrEqual: self = Self.from(nanoseconds.rounded(.down) + 1).complement
        case .equal: self = Self.exactly(nanoseconds)
        case .notEqual: self = Self.exactly(nanoseconds).complement
        }
    }

    private static func from(_ nanoseconds: Double) -> DurationSet {
        guard nanoseconds < 0x1p63 else { return DurationSet(ranges: []) }
        return DurationSet(ranges: [Int64(max(nanoseconds, 0))...(.max)])
    }

    private static func exactly(_ nanoseconds: Double) -> DurationSet {
        guard let whole = Int64(exactly: nanoseconds), whole >= 0 else { return DurationSet(ranges: []) }
        return DurationSet(ranges: [whole...whole])
    }

    // MARK: Sets

    private var complement: DurationSet {
        var result: [ClosedRange<Int64>] = []
        var next: Int64? = 0
        for range in ranges {
            if let start = next, start < range.lowerBound { result.append(start...range.lowerBound - 1) }
            next = range.upperBound == .max ? nil : range.upperBound + 1
        }
        if let start = next { result.append(start...(.max)) }
        return DurationSet(ranges: result)
    }

    private func union(_ other: DurationSet) -> DurationSet {
        var result: [ClosedRange<Int64>] = []
        for range in (ranges + other.ranges).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            // Adjacent ranges become one: 0...4 and 5...9 are 0...9.
            if let last = result.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return DurationSet(ranges: result)
    }
}

extension Expression {
    /// The value of an expression of literals only; nil for any other.
    fileprivate var constant: Double? {
        switch kind {
        case .literal(let literal): return literal.value
        case .negative(let operand): return operand.constant.map { -$0 }
        case .arithmetic(let sign, let left, let right):
            guard let left = left.constant, let right = right.constant else { return nil }
            return NumberInterval(left).combined(sign, with: NumberInterval(right)).value
        case .value, .not, .comparison, .logic: return nil
        }
    }
}

extension Double {
    /// The whole number that a decimal text in seconds stood for, if only binary rounding separates the two.
    fileprivate var nearWhole: Double {
        let whole = rounded()
        return abs(self - whole) < 1e-3 ? whole : self
    }
}
