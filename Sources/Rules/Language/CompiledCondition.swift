import Engine

/// A condition prepared for evaluation: its expressions are flattened, and its values resolved to places in
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

/// An expression as one array of nodes, children before parents, with values resolved to places in `EvaluationInputs`.
/// Judging follows no references, which matters with a thousand rules over thousands of groups.
struct FlatExpression: Sendable {
    private enum Node {
        case literal(Double)
        case value(ResolvedValue)
        case negative(Int)
        case not(Int)
        case arithmetic(ArithmeticOperator, Int, Int)
        case comparison(ComparisonOperator, Int, Int)
        case logic(LogicOperator, Int, Int)
    }

    private var nodes: [Node] = []

    init(_ expression: Expression, _ inputs: ConditionInputs) {
        append(expression, inputs)
    }

    @discardableResult
    private mutating func append(_ expression: Expression, _ inputs: ConditionInputs) -> Int {
        let node: Node =
            switch expression.kind {
            case .literal(let literal): .literal(literal.value)
            case .value(let value): .value(inputs.resolve(value))
            case .negative(let operand): .negative(append(operand, inputs))
            case .not(let operand): .not(append(operand, inputs))
            case .arithmetic(let sign, let left, let right):
                .arithmetic(sign, append(left, inputs), append(right, inputs))
            case .comparison(let sign, let left, let right):
                .comparison(sign, append(left, inputs), append(right, inputs))
            case .logic(let word, let left, let right):
                .logic(word, append(left, inputs), append(right, inputs))
            }
        nodes.append(node)
        return nodes.count - 1
    }

    func truth(_ values: EvaluationInputs) -> TernarySet { truth(nodes.count - 1, values) }

    func number(_ values: EvaluationInputs) -> NumberInterval { number(nodes.count - 1, values) }

    private func truth(_ node: Int, _ values: EvaluationInputs) -> TernarySet {
        switch nodes.span[node] {
        case .literal, .value, .negative, .arithmetic:
            return .noData
        case .not(let operand):
            return !truth(operand, values)
        case .comparison(let sign, let left, let right):
            return number(left, values).compared(sign, with: number(right, values))
        case .logic(let word, let left, let right):
            let first = truth(left, values)
            if first == (word == .or ? .holds : .fails) { return first }
            return first.combined(word, with: truth(right, values))
        }
    }

    private func number(_ node: Int, _ values: EvaluationInputs) -> NumberInterval {
        switch nodes.span[node] {
        case .literal(let value): NumberInterval(value)
        case .value(let value): values[value]
        case .negative(let operand): -number(operand, values)
        case .arithmetic(let sign, let left, let right):
            number(left, values).combined(sign, with: number(right, values))
        case .not, .comparison, .logic: .missing
        }
    }
}

/// A conjunct `count >= N` or `count > N` (or mirrored): how many spans the rest needs to mean anything. Below it the
/// condition is unknown rather than false, so a thin window neither fires nor resolves an alert.
package struct MinimumCount: Hashable, Sendable {
    /// Nanoseconds back: `count offset 1h >= 50` is a minimum for the window an hour ago.
    package var offset: Int64
    package var bound: Double
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

    package func isMet(by count: Int) -> Bool {
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
