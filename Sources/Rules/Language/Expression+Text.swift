import Support

extension Expression: CustomStringConvertible {
    /// The condition that parses to this expression, with no more parentheses than needed.
    package var description: String {
        switch kind {
        case .literal(let literal): literal.text
        case .value(let value): value.description
        case .negative(let operand): "-\(operand.text(within: precedence))"
        case .not(let operand): "not \(operand.text(within: precedence))"
        case .arithmetic(let sign, let left, let right): joined(left, sign.rawValue, right)
        // Comparisons don't chain, so one within another is in parentheses on either side.
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

    /// The higher, the tighter.
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
    package var description: String {
        offset == 0 ? measure.name : "\(measure.name) offset \(DurationText.format(offset))"
    }
}
