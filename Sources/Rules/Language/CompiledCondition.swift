import Engine

/// A condition as evaluations use it: expressions flattened, values resolved to where `EvaluationInputs` has them.
struct CompiledCondition: Sendable {
    private let expression: FlatExpression
    private let subject: FlatExpression
    /// The conjuncts that say how many spans it takes to judge at all, each with its range; below one of them there is
    /// no data.
    private let minimumCounts: [(minimum: MinimumCount, range: Int)]
    /// The conjuncts that compare what is seen with a number: what one of them rules out is known without any minimum.
    private let seenConjuncts: [FlatExpression]

    init(_ expression: Expression, subject: Expression, _ inputs: ConditionInputs) {
        self.expression = FlatExpression(expression, inputs)
        self.subject = FlatExpression(subject, inputs)
        minimumCounts = MinimumCount.conjuncts(of: expression).map {
            ($0, inputs.range(of: WindowValue(.count, offset: $0.offset)) ?? 0)
        }
        seenConjuncts = expression.conjuncts.filter(\.isOfSeenAlone).map { FlatExpression($0, inputs) }
    }

    /// What the condition says of a group; one possibility if all values are exact.
    func judge(_ values: EvaluationInputs) -> TernarySet {
        if isShortOfSpans(values) { return .noData }
        var truth = expression.truth(values)
        let ranges = values.ranges.span
        for (_, range) in minimumCounts where ranges[range].tally == nil { truth.insert(.noData) }
        return truth
    }

    /// Whether a minimum count is not met, so that nothing else matters.
    func isShortOfSpans(_ values: EvaluationInputs) -> Bool {
        // A silence that ended did so however little is known of the time before it.
        if !seenConjuncts.isEmpty, seenConjuncts.contains(where: { $0.truth(values) == .fails }) { return false }
        let ranges = values.ranges.span
        for (minimum, range) in minimumCounts {
            if let tally = ranges[range].tally, !minimum.isMet(by: tally.count) { return true }
        }
        return false
    }

    /// The value that an alert of this condition reports.
    func subjectValue(_ values: EvaluationInputs) -> NumberInterval { subject.number(values) }
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
}
