import Support

/// Splits a condition into tokens.
struct ConditionLexer {
    private let scalars: [Unicode.Scalar]
    private var position = 0

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    static func tokens(of text: String) throws(ConditionError) -> [ConditionToken] {
        var lexer = ConditionLexer(text)
        var tokens: [ConditionToken] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private mutating func next() throws(ConditionError) -> ConditionToken {
        while let scalar = peek(), scalar.properties.isWhitespace { position += 1 }
        let start = position
        guard let first = peek() else { return ConditionToken(kind: .end, position: start, text: "") }
        let kind: ConditionToken.Kind
        switch first {
        case "0"..."9": kind = try number()
        case _ where Self.startsWord(first): kind = .word(take(while: Self.continuesWord))
        default: kind = try sign()
        }
        return ConditionToken(kind: kind, position: start, text: text(from: start))
    }

    // MARK: Literals

    private mutating func number() throws(ConditionError) -> ConditionToken.Kind {
        let start = position
        _ = take { ("0"..."9").contains($0) || $0 == "." }
        if let scalar = peek(), scalar.properties.isAlphabetic || scalar == "µ" {
            return try duration(from: start)
        }
        let digits = text(from: start)
        guard digits.last != ".", let value = Double(digits), value.isFinite else {
            throw ConditionError(at: start, "\(PrintableText.quote(digits)) is not a number")
        }
        if peek() == "%" {
            position += 1
            // Converts the decimal text, so that 0.1% is the double nearest to 0.001.
            let ratio = Double("\(digits)e-2") ?? value / 100
            return .literal(Literal(dimension: .ratio, value: ratio, text: text(from: start)))
        }
        if peek() == "/", peek(1) == "s", !(peek(2).map(Self.continuesWord) ?? false) {
            position += 2
            return .literal(Literal(dimension: .rate, value: value, text: text(from: start)))
        }
        return .literal(Literal(dimension: .plain, value: value, text: digits))
    }

    private mutating func duration(from start: Int) throws(ConditionError) -> ConditionToken.Kind {
        _ = take { Self.continuesWord($0) }
        let spelled = text(from: start)
        guard let nanoseconds = DurationText.parse(spelled) else {
            throw ConditionError(
                at: start,
                "\(PrintableText.quote(spelled)) is not a duration; "
                    + "units from large to small are w d h m s ms us ns, as in 1h30m or 150ms")
        }
        let seconds = Double(nanoseconds) / 1e9
        return .duration(Literal(dimension: .time, value: seconds, text: spelled), nanoseconds: nanoseconds)
    }

    // MARK: Signs

    private mutating func sign() throws(ConditionError) -> ConditionToken.Kind {
        let start = position
        for comparison in ["==", "!=", ">=", "<="] where starts(with: comparison) {
            position += 2
            return ComparisonOperator(rawValue: comparison).map { .comparison($0) } ?? .end
        }
        for (foreign, word) in [("&&", "and"), ("||", "or")] where starts(with: foreign) {
            throw ConditionError(at: start, "\"\(foreign)\" is written \"\(word)\"")
        }
        let scalar = String(scalars[position])
        position += 1
        if let comparison = ComparisonOperator(rawValue: scalar) { return .comparison(comparison) }
        if let arithmetic = ArithmeticOperator(rawValue: scalar) { return .arithmetic(arithmetic) }
        switch scalar {
        case "(": return .openParenthesis
        case ")": return .closeParenthesis
        case ",": return .comma
        case "=": throw ConditionError(at: start, "\"=\" is written \"==\"")
        case "!": throw ConditionError(at: start, "\"!\" is written \"not\"")
        case ".": throw ConditionError(at: start, "a number starts with a digit, as in 0.5")
        case "%": throw ConditionError(at: start, "\"%\" goes right after a number, as in 5%")
        default: throw ConditionError(at: start, "unexpected \(PrintableText.quote(scalar))")
        }
    }

    // MARK: Scalars

    private static func startsWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic
    }

    private static func continuesWord(_ scalar: Unicode.Scalar) -> Bool {
        startsWord(scalar) || ("0"..."9").contains(scalar) || scalar == "."
    }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        position + ahead < scalars.count ? scalars[position + ahead] : nil
    }

    private func starts(with text: String) -> Bool {
        scalars[position...].starts(with: text.unicodeScalars)
    }

    private mutating func take(while matches: (Unicode.Scalar) -> Bool) -> String {
        let start = position
        while let scalar = peek(), matches(scalar) { position += 1 }
        return text(from: start)
    }

    private func text(from start: Int) -> String {
        var text = ""
        // Appending a slice isn't specialized for arrays of scalars.
        for scalar in scalars[start..<position] { text.unicodeScalars.append(scalar) }
        return text
    }
}

/// A word, literal or sign of a condition.
struct ConditionToken: Equatable {
    enum Kind: Equatable {
        case word(String)
        case literal(Literal)
        /// A duration, with its exact nanoseconds for `offset` beside the literal's seconds.
        case duration(Literal, nanoseconds: Int64)
        case arithmetic(ArithmeticOperator)
        case comparison(ComparisonOperator)
        case openParenthesis
        case closeParenthesis
        case comma
        case end
    }

    var kind: Kind
    /// Unicode scalars from the start of the condition.
    var position: Int
    var text: String
}
