import Engine

/// A checked condition of a rule: what its `when` says. Shared rather than copied: an evaluation takes hold of every rule.
package final class Condition: Sendable {
    /// What a condition is asked of.
    package enum Subject: Sendable {
        /// All spans or requests of a window.
        case window
        /// Each span or request alone.
        case single
    }

    package let text: String
    package let expression: Expression
    /// What an alert reports as its value: the left side of the first comparison that is no minimum count.
    package let subject: Expression
    package let subjectDimension: Dimension
    package let inputs: ConditionInputs
    /// nil for a condition on single spans.
    private let compiled: CompiledCondition?
    /// Of a condition on single spans, the durations for which it holds; nil for one on a window.
    package let durations: DurationSet?
    /// What of it is the same whatever is measured.
    let warnings: [ConditionError]
    /// Whether it can't be known without spans: nearly always. `seen == 0` is true of none as well.
    let needsSpans: Bool

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
        compiled = kind == .single ? nil : CompiledCondition(expression, subject: subject, inputs)
        needsSpans = compiled.map { $0.judge(.empty(inputs)) == .noData } ?? true
    }

    /// What a condition on a window says of a group; one possibility if all values are exact.
    package func judge(_ values: EvaluationInputs) -> TernarySet { compiled?.judge(values) ?? .noData }

    /// Whether a minimum count is not met, so that nothing else matters.
    func isShortOfSpans(_ values: EvaluationInputs) -> Bool { compiled?.isShortOfSpans(values) ?? false }

    /// The value that an alert of this condition reports.
    package func subjectValue(_ values: EvaluationInputs) -> NumberInterval {
        compiled?.subjectValue(values) ?? .missing
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

/// A fault of a condition, at a position of its text (Unicode scalars from its start).
package struct ConditionError: Error, Hashable {
    package var position: Int
    package var message: String

    package init(at position: Int, _ message: String) {
        self.position = position
        self.message = message
    }
}
