import Engine
import Support

/// Parses a condition by recursive descent. From loosest to tightest: `or`, `and`, `not`, comparisons (which don't
/// chain), `+ -`, `* /`, unary `-`, values and literals.
struct ConditionParser {
    /// Maximum nesting. No rule needs more, and the parser recurses that deep.
    static let depthLimit = 64
    /// Maximum number of operators. A chain of n is a tree n deep, and whatever walks the tree recurses that deep.
    static let operatorLimit = 128
    /// Unicode scalars. No rule needs more.
    static let lengthLimit = 4096
    private static let keywords = ["and", "or", "not", "offset"]

    private let tokens: [ConditionToken]
    let components: [String]
    private var next = 0
    private var depth = 0
    private var operators = 0

    static func parse(
        _ text: String, components: [String] = Component.builtinNames
    ) throws(ConditionError) -> Expression {
        guard text.unicodeScalars.count <= lengthLimit else {
            throw ConditionError(at: 0, "a condition has at most \(lengthLimit) characters")
        }
        var parser = ConditionParser(tokens: try ConditionLexer.tokens(of: text), components: components)
        guard parser.current.kind != .end else {
            throw ConditionError(
                at: 0, "the condition is empty; write for example p99 > 150ms and count >= 50")
        }
        let expression = try parser.disjunction()
        guard parser.current.kind == .end else { throw parser.unexpected("an operator") }
        return expression
    }

    private init(tokens: [ConditionToken], components: [String]) {
        self.tokens = tokens
        self.components = components
    }

    // The last token is `.end`, which is never stepped over.
    var current: ConditionToken { tokens[next] }

    mutating func step() {
        if current.kind != .end { next += 1 }
    }

    func unexpected(_ wanted: String) -> ConditionError {
        let found = current.kind == .end ? "the condition ends" : "found \(PrintableText.quote(current.text))"
        return ConditionError(at: current.position, "expected \(wanted), but \(found)")
    }

    // MARK: Precedence

    private mutating func disjunction() throws(ConditionError) -> Expression {
        var left = try conjunction()
        while current.kind == .word("or") {
            let position = try operatorPosition()
            left = Expression(.logic(.or, left, try conjunction()), at: position)
        }
        return left
    }

    private mutating func conjunction() throws(ConditionError) -> Expression {
        var left = try inversion()
        while current.kind == .word("and") {
            let position = try operatorPosition()
            left = Expression(.logic(.and, left, try inversion()), at: position)
        }
        return left
    }

    private mutating func inversion() throws(ConditionError) -> Expression {
        guard current.kind == .word("not") else { return try comparison() }
        let position = try descend()
        let operand = try inversion()
        depth -= 1
        return Expression(.not(operand), at: position)
    }

    private mutating func comparison() throws(ConditionError) -> Expression {
        let left = try sum()
        guard case .comparison(let comparison) = current.kind else { return left }
        let position = current.position
        step()
        let right = try sum()
        if case .comparison = current.kind {
            throw ConditionError(
                at: current.position, "comparisons don't chain; write a < b and b < c")
        }
        return Expression(.comparison(comparison, left, right), at: position)
    }

    private mutating func sum() throws(ConditionError) -> Expression {
        var left = try product()
        while case .arithmetic(let sign) = current.kind, sign == .add || sign == .subtract {
            let position = try operatorPosition()
            left = Expression(.arithmetic(sign, left, try product()), at: position)
        }
        return left
    }

    private mutating func product() throws(ConditionError) -> Expression {
        var left = try factor()
        while case .arithmetic(let sign) = current.kind, sign == .multiply || sign == .divide {
            let position = try operatorPosition()
            left = Expression(.arithmetic(sign, left, try factor()), at: position)
        }
        return left
    }

    private mutating func factor() throws(ConditionError) -> Expression {
        guard current.kind == .arithmetic(.subtract) else { return try primary() }
        let position = try descend()
        let operand = try factor()
        depth -= 1
        return Expression(.negative(operand), at: position)
    }

    // MARK: Operands

    private mutating func primary() throws(ConditionError) -> Expression {
        let token = current
        switch token.kind {
        case .literal(let literal), .duration(let literal, _):
            step()
            if current.kind == .word("offset") {
                throw ConditionError(at: current.position, "offset follows a value, as in p99 offset 1h")
            }
            return Expression(.literal(literal), at: token.position)
        case .word(let word) where !Self.keywords.contains(word):
            return try value(word, at: token.position)
        case .openParenthesis:
            _ = try descend()
            let inner = try disjunction()
            guard current.kind == .closeParenthesis else { throw unexpected("\")\"") }
            step()
            depth -= 1
            if current.kind == .word("offset") {
                throw ConditionError(
                    at: current.position, "offset follows a single value, as in p99 offset 1h")
            }
            return inner
        default:
            throw unexpected("a value or a literal")
        }
    }

    // MARK: Limits

    /// Steps over a sign that nests what follows. The caller decrements `depth` afterwards.
    private mutating func descend() throws(ConditionError) -> Int {
        depth += 1
        guard depth <= Self.depthLimit else {
            throw ConditionError(at: current.position, "nested more than \(Self.depthLimit) deep")
        }
        return try operatorPosition()
    }

    /// Steps over an operator.
    private mutating func operatorPosition() throws(ConditionError) -> Int {
        let position = current.position
        operators += 1
        guard operators <= Self.operatorLimit else {
            throw ConditionError(at: position, "a condition has at most \(Self.operatorLimit) operators")
        }
        step()
        return position
    }
}
