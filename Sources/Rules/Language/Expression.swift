import Support

/// A node of a parsed condition. Nodes are equal if they mean the same, whatever their positions.
package struct Expression: Sendable {
    indirect enum Kind: Hashable, Sendable {
        case literal(Literal)
        case value(WindowValue)
        case negative(Expression)
        case not(Expression)
        case arithmetic(ArithmeticOperator, Expression, Expression)
        case comparison(ComparisonOperator, Expression, Expression)
        case logic(LogicOperator, Expression, Expression)
    }

    var kind: Kind
    /// The position in the condition's text, in Unicode scalars: that of the operator for an operation.
    var position: Int

    init(_ kind: Kind, at position: Int = 0) {
        self.kind = kind
        self.position = position
    }
}

extension Expression: Hashable {
    package static func == (left: Expression, right: Expression) -> Bool { left.kind == right.kind }
    package func hash(into hasher: inout Hasher) { hasher.combine(kind) }
}

extension Expression {
    /// All values in the expression with their positions, in source order.
    var values: [(value: WindowValue, position: Int)] {
        switch kind {
        case .literal: []
        case .value(let value): [(value, position)]
        case .negative(let operand), .not(let operand): operand.values
        case .arithmetic(_, let left, let right), .comparison(_, let left, let right),
            .logic(_, let left, let right):
            left.values + right.values
        }
    }
}

/// A constant with its unit.
struct Literal: Hashable, Sendable {
    var dimension: Dimension
    /// In seconds, per second, or 0...1 for a ratio.
    var value: Double
    /// As written.
    var text: String
}

enum ArithmeticOperator: String, Sendable, CaseIterable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
}

enum ComparisonOperator: String, Sendable, CaseIterable {
    case greater = ">"
    case greaterOrEqual = ">="
    case less = "<"
    case lessOrEqual = "<="
    case equal = "=="
    case notEqual = "!="

    func holds(_ left: Double, _ right: Double) -> Bool {
        switch self {
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .equal: left == right
        case .notEqual: left != right
        }
    }

    /// The operator that means the same with the sides exchanged.
    var mirrored: ComparisonOperator {
        switch self {
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .equal, .notEqual: self
        }
    }
}

enum LogicOperator: String, Sendable, CaseIterable {
    case and
    case or
}

extension Expression: CustomStringConvertible {
    /// The condition that parses to this expression, with as few parentheses as possible.
    package var description: String {
        switch kind {
        case .literal(let literal): literal.text
        case .value(let value): value.description
        case .negative(let operand): "-\(operand.text(within: precedence))"
        case .not(let operand): "not \(operand.text(within: precedence))"
        case .arithmetic(let sign, let left, let right): joined(left, sign.rawValue, right)
        // Comparisons don't chain, so a nested one needs parentheses on either side.
        case .comparison(let sign, let left, let right):
            "\(left.text(within: precedence + 1)) \(sign.rawValue) \(right.text(within: precedence + 1))"
        case .logic(let word, let left, let right): joined(left, word.rawValue, right)
        }
    }

    private func joined(_ left: Expression, _ sign: String, _ right: Expression) -> String {
        "\(left.text(within: precedence)) \(sign) \(right.text(within: precedence + 1))"
    }

    private func text(within outer: Int) -> String {
        precedence < outer ? "(\(description))" : description
    }

    /// Higher binds tighter.
    private var precedence: Int {
        switch kind {
        case .logic(.or, _, _): 1
        case .logic(.and, _, _): 2
        case .not: 3
        case .comparison: 4
        case .arithmetic(.add, _, _), .arithmetic(.subtract, _, _): 5
        case .arithmetic(.multiply, _, _), .arithmetic(.divide, _, _): 6
        case .negative: 7
        case .literal, .value: 8
        }
    }
}

extension WindowValue: CustomStringConvertible {
    var description: String {
        offset == 0 ? measure.name : "\(measure.name) offset \(DurationText.format(offset))"
    }
}
