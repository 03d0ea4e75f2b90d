import Support

package enum YAMLScalarStyle: Sendable {
    case plain, singleQuoted, doubleQuoted, literal, folded
}

/// A node of a YAML document, with its position.
package struct YAMLNode: Sendable {
    package indirect enum Kind: Sendable {
        case scalar(String, YAMLScalarStyle)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    package struct Entry: Sendable {
        package var key: String
        package var keyPosition: SourcePosition
        package var value: YAMLNode
    }

    package var kind: Kind
    package var start: SourcePosition
    package var end: SourcePosition

    /// Whether the value is empty, `~` or `null`.
    package var isNull: Bool {
        guard case .scalar(let text, .plain) = kind else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// What messages call this node.
    package var phrase: String {
        if isNull { return "nothing" }
        switch kind {
        case .scalar(let text, _): return PrintableText.quote(text)
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        }
    }
}

extension YAMLNode {
    /// The text of a scalar. `what` names the field in messages.
    package func string(_ what: String, _ diagnostics: inout Diagnostics) -> String? {
        guard case .scalar(let text, _) = kind, !isNull else {
            diagnostics.report(start, "\(what) must be text, but found \(phrase)")
            return nil
        }
        return text
    }

    package func boolean(_ what: String, _ diagnostics: inout Diagnostics) -> Bool? {
        guard let text = string(what, &diagnostics) else { return nil }
        guard let value = Bool(text) else {
            diagnostics.report(start, "\(what) must be true or false, but found \(phrase)")
            return nil
        }
        return value
    }

    /// A duration, in nanoseconds.
    package func duration(_ what: String, atLeast least: Int64 = 0, _ diagnostics: inout Diagnostics) -> Int64? {
        guard case .scalar(let text, _) = kind, let duration = DurationText.parse(text), duration >= least else {
            let lower = least > 0 ? "at least \(DurationText.format(least)) and " : ""
            diagnostics.report(
                start,
                "\(what) must be a duration such as 30s, 5m or 1h30m, \(lower)at most "
                    + "\(DurationText.format(TimeLimits.longest)), but found \(phrase)")
            return nil
        }
        return duration
    }

    /// The elements of a list.
    package func list(_ what: String, _ diagnostics: inout Diagnostics) -> [YAMLNode]? {
        guard case .sequence(let elements) = kind else {
            diagnostics.report(start, "\(what) must be a list, but found \(phrase)")
            return nil
        }
        return elements
    }

    /// The entries of a mapping with arbitrary keys.
    package func entries(_ what: String, _ diagnostics: inout Diagnostics) -> [Entry]? {
        guard case .mapping(let entries) = kind else {
            diagnostics.report(start, "\(what) must be a mapping, but found \(phrase)")
            return nil
        }
        return entries
    }

    /// One of a few words.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ what: String, of _: Choice.Type, _ diagnostics: inout Diagnostics
    ) -> Choice? {
        if case .scalar(let text, _) = kind, let choice = Choice(rawValue: text) { return choice }
        let choices = Choice.allCases.map(\.rawValue).joined(separator: " or ")
        diagnostics.report(start, "\(what) must be \(choices), but found \(phrase)")
        return nil
    }
}

/// A mapping with a fixed set of fields. Reports any other.
package struct YAMLMapping {
    /// What messages call the mapping, such as "a rule".
    let what: String
    package let start: SourcePosition
    private let entries: [YAMLNode.Entry]

    /// - Parameters:
    ///   - fields: all possible fields, in the order in which messages list them.
    ///   - later: fields that users may know from elsewhere, each with a hint.
    package init?(
        _ node: YAMLNode, _ what: String, fields: [String], later: [String: String] = [:],
        _ diagnostics: inout Diagnostics
    ) {
        guard case .mapping(let entries) = node.kind else {
            diagnostics.report(
                node.start,
                "\(what) must be a mapping (\(fields.joined(separator: ", "))), but found \(node.phrase)")
            return nil
        }
        for entry in entries where !fields.contains(entry.key) {
            diagnostics.report(
                entry.keyPosition,
                "\(later[entry.key] == nil ? "unknown field" : "field") \(PrintableText.quote(entry.key)) in \(what); "
                    + (later[entry.key] ?? Suggestion.hint(for: entry.key, among: fields)))
        }
        self.what = what
        self.start = node.start
        self.entries = entries
    }

    /// The value of a field; nil if it isn't given.
    package subscript(field: String) -> YAMLNode? {
        entries.first { $0.key == field }?.value
    }

    package func keyPosition(_ field: String) -> SourcePosition {
        entries.first { $0.key == field }?.keyPosition ?? start
    }

    /// The value of a required field. Reports a missing or empty one and returns nil.
    package func required(_ field: String, _ diagnostics: inout Diagnostics) -> YAMLNode? {
        guard let node = self[field] else {
            diagnostics.report(start, "\(what) needs the field \"\(field)\"")
            return nil
        }
        guard !node.isNull else {
            diagnostics.report(keyPosition(field), "\"\(field)\" of \(what) is empty")
            return nil
        }
        return node
    }
}
