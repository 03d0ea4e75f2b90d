import Engine

/// An expression as one array of nodes, children before parents, with values resolved to indices in `EvaluationInputs`.
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
