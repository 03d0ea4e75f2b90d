import Engine

/// A checked condition of a rule: what its `when` says.
package struct Condition: Sendable {
    /// What a condition is asked of.
    package enum Subject: Sendable {
        /// All spans or requests of a window.
        case window
        /// Each span or request alone.
        case single
    }

    package let text: String
    package let expression: Expression
    /// The conjuncts that say how many spans it takes to judge at all, each with its range in `Readings`; below one of
    /// them there is no data.
    let minimumCounts: [(minimum: MinimumCount, range: Int)]
    /// The conjuncts that compare what is seen with a number: what one of them rules out is known without any minimum.
    let seenConjuncts: [FlatExpression]
    /// What an alert reports as its value: the left side of the first comparison that is no minimum count.
    package let subject: Expression
    package let subjectDimension: Dimension
    package let inputs: ConditionInputs
    let flatExpression: FlatExpression
    let flatSubject: FlatExpression
    /// Of a condition on single spans, the durations for which it holds; nil for one on a window.
    package let durations: DurationSet?
    /// What of it is the same whatever is measured.
    let warnings: [ConditionError]
    /// Whether it can't be known without spans: nearly always. `seen == 0` is true of none as well.
    private(set) var needsSpans = true

    /// Whether some of its values are taken over the rule's window, or it has none at all.
    var needsWindow: Bool {
        durations == nil && (inputs.ranges.isEmpty || inputs.ranges.contains { $0.length == nil })
    }

    /// Reads a condition; throws all its faults.
    /// - Parameter components: the names of components, by number.
    package init(
        _ text: String, of kind: Subject = .window, components: [String] = Component.builtinNames
    ) throws(ConditionErrors) {
        let expression: Expression
        do {
            expression = try ConditionParser.parse(text, components: components)
        } catch {
            throw ConditionErrors(all: [error])
        }
        let errors = ConditionChecker.errors(in: expression, of: kind)
        guard errors.isEmpty else { throw ConditionErrors(all: errors) }
        let review = ConditionReview(expression)
        guard review.errors.isEmpty else { throw ConditionErrors(all: review.errors) }
        warnings = review.warnings
        do {
            durations = try kind == .single ? DurationSet(expression) : nil
        } catch {
            throw ConditionErrors(all: [error])
        }

        self.text = text
        self.expression = expression
        subject = Self.subject(of: expression) ?? expression
        var checker = ConditionChecker()
        subjectDimension = checker.dimension(of: subject) ?? .plain
        let inputs = kind == .single ? ConditionInputs() : ConditionInputs(of: expression)
        self.inputs = inputs
        flatExpression = FlatExpression(kind == .single ? nil : expression, inputs)
        flatSubject = FlatExpression(kind == .single ? nil : subject, inputs)
        minimumCounts = MinimumCount.conjuncts(of: expression).map {
            ($0, inputs.range(of: WindowValue(.count, offset: $0.offset)) ?? 0)
        }
        seenConjuncts = expression.conjuncts.filter(\.isOfSeenAlone).map { FlatExpression($0, inputs) }
        needsSpans = kind == .single
        guard kind == .window else { return }
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
    /// Whether it compares `seen` with a literal.
    fileprivate var isOfSeenAlone: Bool {
        guard case .comparison(_, let left, let right) = kind else { return false }
        switch (left.kind, right.kind) {
        case (.value(let value), .literal), (.literal, .value(let value)): return value.measure == .seen
        default: return false
        }
    }

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
