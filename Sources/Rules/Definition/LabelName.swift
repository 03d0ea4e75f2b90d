import Support

/// Names of labels that users give.
package enum LabelName {
    /// Whether an entry's key can be a label's name; reports it if not.
    package static func check(_ entry: YAMLNode.Entry, _ diagnostics: inout RuleDiagnostics) -> Bool {
        let isName = isName(entry.key)
        if !isName || entry.key == "alertname" {
            let reason = isName ? "is the alert's own" : "is made of letters, digits and _"
            diagnostics.report(
                entry.keyPosition, "\(PrintableText.quote(entry.key)) can't be a label's name: it \(reason)")
        }
        return isName
    }

    /// Prometheus' label names, `[A-Za-z_][A-Za-z0-9_]*`; a regular expression here took a seventh of a replay's start.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 100 else { return false }
        let isDigitFirst = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        return !isDigitFirst
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
                default: false
                }
            }
    }
}
