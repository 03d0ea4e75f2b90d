import Support

/// A mapping with a fixed set of fields: reports what isn't one of them.
package struct YAMLMapping {
    /// What the mapping is, as messages say it: "a rule".
    package let what: String
    package let start: SourcePosition
    private let entries: [YAMLNode.Entry]

    /// - Parameters:
    ///   - fields: all fields there are, in the order in which messages list them.
    ///   - later: fields that users may know from elsewhere, each with what to say about it.
    package init?(
        _ node: YAMLNode, _ what: String, fields: [String], later: [String: String] = [:],
        _ diagnostics: inout RuleDiagnostics
    ) {
        guard case .mapping(let entries) = node.kind else {
            diagnostics.report(
                node.start,
                "\(what) is a mapping (\(fields.joined(separator: ", "))), but found \(node.phrase)")
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

    /// The value of a field; nil if the file doesn't have it.
    package subscript(field: String) -> YAMLNode? {
        entries.first { $0.key == field }?.value
    }

    package func keyPosition(_ field: String) -> SourcePosition {
        entries.first { $0.key == field }?.keyPosition ?? start
    }

    /// The value of a field that has to be there; reports and gives nil if it isn't.
    package func required(_ field: String, _ diagnostics: inout RuleDiagnostics) -> YAMLNode? {
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
