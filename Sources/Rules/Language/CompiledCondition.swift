import Engine

/// A condition prepared for evaluation: its expressions are flattened, and its values resolved to indices in
/// `EvaluationInputs`.
struct CompiledCondition: Sendable {
    private let expression: FlatExpression
    private let subject: FlatExpression
    /// The minimum counts, each with its range. If one isn't met, there is no data.
    private let minimumCounts: [(minimum: MinimumCount, range: Int)]
    /// The conjuncts that compare `seen` with a number. If one is false, so is the condition, whatever the minimum
    /// counts say.
    private let seenConjuncts: [FlatExpression]

    init(_ expression: Expression, subject: Expression, _ inputs: ConditionInputs) {
        self.expression = FlatExpression(expression, inputs)
        self.subject = FlatExpression(subject, inputs)
        minimumCounts = MinimumCount.conjuncts(of: expression).map {
            ($0, inputs.range(of: WindowValue(.count, offset: $0.offset)) ?? 0)
        }
        seenConjuncts = expression.conjuncts.filter(\.isOfSeenAlone).map { FlatExpression($0, inputs) }
    }

    /// Judges a group. The result is exact if all values are.
    func judge(_ values: EvaluationInputs) -> TernarySet {
        if isShortOfSpans(values) { return .noData }
        var truth = expression.truth(values)
        let ranges = values.ranges.span
        for (_, range) in minimumCounts where ranges[range].tally == nil { truth.insert(.noData) }
        return truth
    }

    /// Whether a minimum count isn't met, which makes everything else irrelevant.
    func isShortOfSpans(_ values: EvaluationInputs) -> Bool {
        // A silence is over when spans arrive, however little is known about the time before.
        if !seenConjuncts.isEmpty, seenConjuncts.contains(where: { $0.truth(values) == .fails }) { return false }
        let ranges = values.ranges.span
        for (minimum, range) in minimumCounts {
            if let tally = ranges[range].tally, !minimum.isMet(by: tally.count) { return true }
        }
        return false
    }

    /// The value that an alert reports.
    func subjectValue(_ values: EvaluationInputs) -> NumberInterval { subject.number(values) }
}

extension Expression {
    /// Whether this compares `seen` with a literal.
    fileprivate var isOfSeenAlone: Bool {
        guard case .comparison(_, let left, let right) = kind else { return false }
        switch (left.kind, right.kind) {
        case (.value(let value), .literal), (.literal, .value(let value)): return value.measure == .seen
        default: return false
        }
    }
}

/// A conjunct `count >= N` or `count > N` (or mirrored): how many spans the rest needs to mean anything. Below it the
/// condition is unknown rather than false, so a thin window neither fires nor resolves an alert.
struct MinimumCount: Hashable, Sendable {
    /// Nanoseconds back: `count offset 1h >= 50` is a minimum for the window an hour ago.
    var offset: Int64
    var bound: Double
    var includesBound: Bool

    /// The minimum count that a comparison states; nil if it states something else.
    init?(_ comparison: Expression) {
        guard case .comparison(let sign, let left, let right) = comparison.kind else { return nil }
        let (value, literal, direction): (Expression, Expression, ComparisonOperator)
        if case .literal = left.kind {
            (value, literal, direction) = (right, left, sign.mirrored)
        } else {
            (value, literal, direction) = (left, right, sign)
        }
        guard case .value(let window) = value.kind, window.measure == .count,
            case .literal(let bound) = literal.kind, direction == .greater || direction == .greaterOrEqual
        else { return nil }
        offset = window.offset
        self.bound = bound.value
        includesBound = direction == .greaterOrEqual
    }

    func isMet(by count: Int) -> Bool {
        includesBound ? Double(count) >= bound : Double(count) > bound
    }

    /// The minimum counts of a condition: conjuncts of its outermost chain of `and`, beside something else. A rule that
    /// only says `count > 1000` is about the count itself.
    static func conjuncts(of expression: Expression) -> [MinimumCount] {
        let conjuncts = expression.conjuncts
        let minimums = conjuncts.compactMap { MinimumCount($0) }
        return minimums.count < conjuncts.count ? minimums : []
    }
}

extension Expression {
    /// The parts of the outermost chain of `and`, in source order.
    var conjuncts: [Expression] {
        guard case .logic(.and, let left, let right) = kind else { return [self] }
        return left.conjuncts + right.conjuncts
    }
}
