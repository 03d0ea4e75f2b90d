import Engine

/// A checked condition of a rule over a window: what its `when` says.
package struct Condition: Sendable {
    package let text: String
    package let expression: Expression
    /// The conjuncts that say how many spans it takes to judge at all, each with its range in `Readings`; below one of
    /// them there is no data.
    let minimumCounts: [(minimum: MinimumCount, range: Int)]
    /// What an alert reports as its value: the left side of the first comparison that is no minimum count.
    package let subject: Expression
    package let subjectDimension: Dimension
    package let inputs: ConditionInputs
    let flatExpression: FlatExpression
    let flatSubject: FlatExpression
    /// Whether it can't be known without spans: nearly always. `1 < 2` is true of none as well.
    private(set) var needsSpans = true

    /// Reads a condition; throws all its faults.
    /// - Parameter components: the names of components, by number.
    package init(_ text: String, components: [String] = Component.builtinNames) throws(ConditionErrors) {
        let expression: Expression
        do {
            expression = try ConditionParser.parse(text, components: components)
        } catch {
            throw ConditionErrors(all: [error])
        }
        let errors = ConditionChecker.errors(in: expression)
        guard errors.isEmpty else { throw ConditionErrors(all: errors) }

        self.text = text
        self.expression = expression
        subject = Self.subject(of: expression) ?? expression
        var checker = ConditionChecker()
        subjectDimension = checker.dimension(of: subject) ?? .plain
        let inputs = ConditionInputs(of: expression)
        self.inputs = inputs
        flatExpression = FlatExpression(expression, inputs)
        flatSubject = FlatExpression(subject, inputs)
        minimumCounts = MinimumCount.conjuncts(of: expression).map {
            ($0, inputs.range(offset: $0.offset))
        }
        needsSpans = judge(.empty(inputs)) == .noData
    }

    /// Whether what it reports is about errors.
    var isAboutErrors: Bool {
        subject.values.contains { $0.value.measure == .errors || $0.value.measure == .errorRatio }
    }

    private static func subject(of expression: Expression) -> Expression? {
        let minimums = MinimumCount.conjuncts(of: expression)
        return expression.firstComparison { MinimumCount($0).map { !minimums.contains($0) } ?? true }
    }
}

extension Condition: Hashable {
    package static func == (left: Condition, right: Condition) -> Bool { left.expression == right.expression }
    package func hash(into hasher: inout Hasher) { hasher.combine(expression) }
}

/// All faults of a condition, in source order.
package struct ConditionErrors: Error, Hashable {
    package var all: [ConditionError]
}

extension Expression {
    /// The left side of the first comparison, in source order, that `accepts` takes.
    fileprivate func firstComparison(where accepts: (Expression) -> Bool) -> Expression? {
        switch kind {
        case .literal, .value, .arithmetic, .negative: nil
        case .not(let operand): operand.firstComparison(where: accepts)
        case .comparison(_, let left, _): accepts(self) ? left : nil
        case .logic(_, let left, let right):
            left.firstComparison(where: accepts) ?? right.firstComparison(where: accepts)
        }
    }
}
