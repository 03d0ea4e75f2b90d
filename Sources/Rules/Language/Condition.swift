import Engine

/// A checked condition: a rule's `when`. A class, so that an evaluation that takes hold of every rule doesn't copy it.
package final class Condition: Sendable {
    /// What a condition is about.
    package enum Subject: Sendable {
        /// All spans or requests of a window together.
        case window
        /// Each span or request by itself.
        case single
    }

    package let text: String
    package let expression: Expression
    /// The value that an alert reports: the left side of the first comparison that isn't a minimum count.
    let subject: Expression
    let subjectDimension: Dimension
    /// The components of which it asks whether they take much time, or more than usual.
    let components: [Component]
    package let inputs: ConditionInputs
    /// nil for a condition on single spans.
    private let compiled: CompiledCondition?
    /// The durations for which a condition on single spans holds; nil for a condition on a window.
    package let durations: DurationSet?
    /// Parts of the condition that are true or false whatever is measured.
    let warnings: [ConditionError]
    /// Whether the condition has no data without spans. Nearly every condition; an exception is `seen == 0`.
    let needsSpans: Bool

    /// Whether a value uses the rule's window, or there are no values at all.
    var needsWindow: Bool {
        durations == nil && (inputs.ranges.isEmpty || inputs.ranges.contains { $0.length == nil })
    }

    /// Parses and checks a condition; throws all its errors.
    /// - Parameter components: component names, by number.
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
        self.components = expression.componentsThatExceed
        var checker = ConditionChecker()
        subjectDimension = checker.dimension(of: subject) ?? .plain
        let inputs = kind == .single ? ConditionInputs() : ConditionInputs(of: expression)
        self.inputs = inputs
        compiled = kind == .single ? nil : CompiledCondition(expression, subject: subject, inputs)
        needsSpans = compiled.map { $0.judge(.empty(inputs)) == .noData } ?? true
    }

    /// Judges a group, for a condition on a window. The result is exact if all values are.
    package func judge(_ values: EvaluationInputs) -> TernarySet { compiled?.judge(values) ?? .noData }

    /// Whether a minimum count isn't met, which makes everything else irrelevant.
    func isShortOfSpans(_ values: EvaluationInputs) -> Bool { compiled?.isShortOfSpans(values) ?? false }

    /// The value that an alert reports.
    package func subjectValue(_ values: EvaluationInputs) -> NumberInterval {
        compiled?.subjectValue(values) ?? .missing
    }

    /// Whether the reported value is about errors.
    var isAboutErrors: Bool {
        subject.values.contains { $0.value.measure.definition.isAboutErrors }
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

/// All errors of a condition, in source order.
package struct ConditionErrors: Error, Hashable {
    var all: [ConditionError]
}

extension Expression {
    /// The left side of the first comparison, in source order, that `accepts` accepts.
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

extension Expression {
    /// The components in what has to be greater than something.
    fileprivate var componentsThatExceed: [Component] {
        switch kind {
        case .literal, .value, .arithmetic, .negative, .not: []
        case .comparison(.greater, let greater, _), .comparison(.greaterOrEqual, let greater, _),
            .comparison(.less, _, let greater), .comparison(.lessOrEqual, _, let greater):
            greater.values.compactMap(\.value.measure.component)
        case .logic(_, let left, let right): left.componentsThatExceed + right.componentsThatExceed
        case .comparison: []
        }
    }
}

/// An error in a condition. The position is in Unicode scalars from the start of its text.
package struct ConditionError: Error, Hashable {
    package var position: Int
    package var message: String

    package init(at position: Int, _ message: String) {
        self.position = position
        self.message = message
    }
}
