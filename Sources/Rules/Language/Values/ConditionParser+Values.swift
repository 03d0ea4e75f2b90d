import Engine
import Support

extension ConditionParser {
    /// Parses a value, with its arguments and offset, from its name on.
    mutating func value(_ word: String, at position: Int) throws(ConditionError) -> Expression {
        guard let (definition, percentile) = ValueTable.find(word) else {
            let near = Suggestion.nearest(to: word, among: ValueTable.names + ["and", "or", "not"])
            let hint = near.map { "did you mean \"\($0)\"?" } ?? ValueTable.listing
            throw ConditionError(at: position, "unknown value \(PrintableText.quote(word)); \(hint)")
        }
        step()
        var arguments = percentile.map { [ValueArgument.percentile($0)] } ?? []
        if case .function(let parameters, let example) = definition.form {
            arguments = try self.arguments(parameters, of: definition.name, example: example)
        } else if current.kind == .openParenthesis {
            throw ConditionError(at: current.position, "\"\(word)\" takes no argument")
        }
        let measure = Measure(definition, ValueArguments(arguments))
        return Expression(.value(WindowValue(measure, offset: try offset())), at: position)
    }

    private mutating func arguments(
        _ parameters: [ValueParameter], of name: String, example: String
    ) throws(ConditionError) -> [ValueArgument] {
        let phrases = parameters.map(\.phrase)
        let takes =
            "takes " + (phrases.count > 1 ? phrases.dropLast().joined(separator: ", ") + " and " : "")
            + (phrases.last ?? "")
        if parameters.count == 1, current.kind != .openParenthesis {
            throw ConditionError(at: current.position, "\"\(name)\" \(takes), as in \(example)")
        }
        try take(.openParenthesis, "\"(\": \(name) \(takes), as in \(example)")
        var arguments: [ValueArgument] = []
        for parameter in parameters {
            if !arguments.isEmpty { try take(.comma, "\",\" and \(parameter.phrase)") }
            arguments.append(try argument(parameter))
        }
        try take(.closeParenthesis, "\")\": \(name) \(takes)")
        return arguments
    }

    private mutating func argument(_ parameter: ValueParameter) throws(ConditionError) -> ValueArgument {
        let token = current
        switch parameter.kind {
        case .component: return .component(try component())
        case .percentile:
            guard case .word(let word) = token.kind, word.first == "p",
                let percentile = Quantile(percent: word.dropFirst())
            else { throw unexpected(parameter.wanted) }
            step()
            return .percentile(percentile)
        case .statistic:
            guard case .word(let word) = token.kind,
                let statistic = GrowthStatistic.allCases.first(where: { $0.name == word })
            else { throw unexpected(parameter.wanted) }
            step()
            return .statistic(statistic)
        case .objective:
            guard case .literal(let literal) = token.kind, literal.dimension == .ratio else {
                throw unexpected(parameter.wanted)
            }
            guard let objective = Objective(percent: String(literal.text.dropLast())) else {
                throw ConditionError(
                    at: token.position,
                    "an objective must be above 0% and below 100%, with up to six decimals, but found "
                        + PrintableText.quote(literal.text))
            }
            step()
            return .objective(objective)
        case .duration(let zeroError):
            guard case .duration(_, let nanoseconds) = token.kind else { throw unexpected(parameter.wanted) }
            if let zeroError, nanoseconds == 0 { throw ConditionError(at: token.position, zeroError) }
            step()
            return .duration(nanoseconds)
        }
    }

    /// A component's name; one with hyphens is several tokens.
    private mutating func component() throws(ConditionError) -> RequestPart {
        let position = current.position
        var name = ""
        while ![.closeParenthesis, .comma, .end].contains(current.kind) {
            name += current.text
            step()
        }
        if current.kind == .end { throw unexpected("\")\"") }
        guard let number = components.firstIndex(of: name) else {
            let hint =
                Suggestion.nearest(to: name, among: components).map { "did you mean \"\($0)\"?" }
                ?? "the components are \(components.joined(separator: ", "))"
            throw ConditionError(at: position, "unknown component \(PrintableText.quote(name)); \(hint)")
        }
        return RequestPart(name: name, component: Component(UInt8(number)))
    }

    private mutating func take(_ kind: ConditionToken.Kind, _ wanted: String) throws(ConditionError) {
        guard current.kind == kind else { throw unexpected(wanted) }
        step()
    }

    /// The nanoseconds of the `offset D` that may follow a value; 0 if there is none.
    private mutating func offset() throws(ConditionError) -> Int64 {
        guard current.kind == .word("offset") else { return 0 }
        step()
        guard case .duration(_, let nanoseconds) = current.kind else {
            throw unexpected("a duration after offset, as in p99 offset 1h")
        }
        step()
        return nanoseconds
    }
}
