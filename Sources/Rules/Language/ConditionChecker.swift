import Support

/// Determines the dimension of every node of a condition, and collects what doesn't fit, with the fix.
struct ConditionChecker {
    private(set) var errors: [ConditionError] = []

    /// All errors of a condition as a whole.
    static func errors(in condition: Expression, of subject: Condition.Subject) -> [ConditionError] {
        var checker = ConditionChecker()
        checker.checkValues(condition, of: subject)
        guard checker.errors.isEmpty else { return checker.errors }
        if let dimension = checker.dimension(of: condition), dimension != .boolean {
            checker.report(
                condition,
                "a condition compares, but this is \(dimension.phrase); write for example "
                    + "\(condition) > \(dimension.example)",
                at: 0)
        }
        return checker.errors
    }

    /// Reports values that a condition on this subject can't have.
    private mutating func checkValues(_ condition: Expression, of subject: Condition.Subject) {
        for (value, position) in condition.values {
            switch (subject, value.measure.definition.isOfSingleSpan) {
            case (.window, true):
                errors.append(
                    ConditionError(
                        at: position,
                        "\(PrintableText.quote(value.measure.name)) is of a single span: use it in a rule with "
                            + "\"match\" instead of \"select\""))
            case (.single, true) where value.offset != 0:
                errors.append(ConditionError(at: position, "a single span has no offset"))
            case (.single, false):
                errors.append(
                    ConditionError(
                        at: position,
                        "\(PrintableText.quote(value.measure.name)) is taken over a window: a rule with \"match\" looks at "
                            + "single spans and knows only their duration"))
            case (.window, false), (.single, true): break
            }
        }
    }

    /// The dimension of a node; nil if an error below it, already reported, leaves it unknown.
    mutating func dimension(of node: Expression) -> Dimension? {
        switch node.kind {
        case .literal(let literal): literal.dimension
        case .value(let value): value.measure.dimension
        case .negative(let operand): number(operand, for: "-", at: node)
        case .not(let operand): truth(operand, for: "not", at: node)
        case .arithmetic(let sign, let left, let right): arithmetic(sign, left, right, at: node)
        case .comparison(let sign, let left, let right): comparison(sign, left, right, at: node)
        case .logic(let word, let left, let right): logic(word, left, right, at: node)
        }
    }

    private mutating func arithmetic(
        _ sign: ArithmeticOperator, _ left: Expression, _ right: Expression, at node: Expression
    ) -> Dimension? {
        let first = number(left, for: sign.rawValue, at: node)
        let second = number(right, for: sign.rawValue, at: node)
        guard let first, let second else { return nil }
        let result: Dimension? =
            switch sign {
            case .add, .subtract: first.unified(with: second)
            case .multiply: first.multiplied(by: second)
            case .divide: first.divided(by: second)
            }
        if let result { return result }
        switch sign {
        case .add, .subtract: mismatch(left, first, right, second, verb: "add up", at: node)
        case .multiply, .divide:
            report(node, "\(first.phrase) \(sign.rawValue) \(second.phrase) has no unit a rule could use")
        }
        return nil
    }

    private mutating func comparison(
        _ sign: ComparisonOperator, _ left: Expression, _ right: Expression, at node: Expression
    ) -> Dimension? {
        let first = number(left, for: sign.rawValue, at: node)
        let second = number(right, for: sign.rawValue, at: node)
        if let first, let second, first.unified(with: second) == nil {
            mismatch(left, first, right, second, verb: "compare", at: node)
        } else {
            checkZeroCount(sign, left, right)
        }
        // A comparison is boolean whatever its sides, so what surrounds it can still be checked.
        return .boolean
    }

    /// Reports a count compared with zero. Without spans a count has no data rather than the value 0, so such a
    /// condition would never hold.
    private mutating func checkZeroCount(_ sign: ComparisonOperator, _ left: Expression, _ right: Expression) {
        if case .literal = left.kind, case .value = right.kind { return checkZeroCount(sign.mirrored, right, left) }
        guard case .value(let value) = left.kind, value.measure == .count, case .literal(let literal) = right.kind
        else { return }
        switch (sign, literal.value) {
        case (.equal, 0), (.lessOrEqual, ..<1), (.less, ...1):
            report(left, "count is never below 1: without spans it has no data. Use seen, which is 0 then")
        default: break
        }
    }

    private mutating func logic(
        _ word: LogicOperator, _ left: Expression, _ right: Expression, at node: Expression
    ) -> Dimension? {
        _ = truth(left, for: word.rawValue, at: node)
        _ = truth(right, for: word.rawValue, at: node)
        return .boolean
    }

    // MARK: Operands

    private mutating func number(_ operand: Expression, for sign: String, at node: Expression) -> Dimension? {
        let dimension = dimension(of: operand)
        guard dimension == .boolean else { return dimension }
        report(node, "\"\(sign)\" takes numbers, but \(operand.cited) is true or false")
        return nil
    }

    private mutating func truth(_ operand: Expression, for word: String, at node: Expression) -> Dimension? {
        let dimension = dimension(of: operand)
        guard let dimension, dimension != .boolean else { return .boolean }
        report(
            operand,
            "\"\(word)\" takes comparisons, but \(operand.cited) is \(dimension.phrase); "
                + "write for example \(operand) > \(dimension.example)")
        return .boolean
    }

    // MARK: Problems

    private mutating func mismatch(
        _ left: Expression, _ first: Dimension, _ right: Expression, _ second: Dimension, verb: String,
        at node: Expression
    ) {
        let message = "can't \(verb) \(first.phrase) (\(left)) and \(second.phrase) (\(right))"
        // The literal is wrong more often than the value, so the error is reported there.
        switch (left.kind, right.kind) {
        case (_, .literal): report(right, "\(message); write \(first.phrase) here, as in \(first.example)")
        case (.literal, _): report(left, "\(message); write \(second.phrase) here, as in \(second.example)")
        default: report(node, message)
        }
    }

    private mutating func report(_ node: Expression, _ message: String, at position: Int? = nil) {
        errors.append(ConditionError(at: position ?? node.position, message))
    }
}

extension Expression {
    /// The expression as quoted in messages.
    fileprivate var cited: String { PrintableText.quote(description) }
}
