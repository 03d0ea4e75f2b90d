/// Text within a line of a runbook as HTML: code, links, bold and italics; everything else is escaped.
struct MarkdownText {
    /// Turns the target of a link into that of the page; nil leaves only its text.
    let target: (String) -> String?

    func html(_ text: Substring) -> String {
        var html = ""
        var rest = text
        while let first = rest.first {
            if let (part, end) = code(rest) ?? link(rest) ?? emphasis(rest, "**", "strong") ?? emphasis(rest, "*", "em")
            {
                html += part
                rest = rest[end...]
            } else {
                html += Self.escape(String(first))
                rest.removeFirst()
            }
        }
        return html
    }

    static func escape(_ text: some StringProtocol) -> String {
        text.reduce(into: "") { escaped, character in
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.append(character)
            }
        }
    }

    private func code(_ text: Substring) -> (html: String, end: Substring.Index)? {
        guard let inner = Self.between("`", "`", text) else { return nil }
        return ("<code>\(Self.escape(inner))</code>", text.index(after: inner.endIndex))
    }

    private func link(_ text: Substring) -> (html: String, end: Substring.Index)? {
        guard let label = Self.between("[", "]", text) else { return nil }
        let after = text[text.index(after: label.endIndex)...]
        guard let named = Self.between("(", ")", after) else { return nil }
        let end = text.index(after: named.endIndex)
        guard let target = target(String(named)) else { return (html(label), end) }
        return ("<a href=\"\(Self.escape(target))\">\(html(label))</a>", end)
    }

    private func emphasis(_ text: Substring, _ mark: String, _ tag: String) -> (html: String, end: Substring.Index)? {
        guard let inner = Self.between(mark, mark, text), inner.first != " ", inner.last != " " else { return nil }
        return ("<\(tag)>\(html(inner))</\(tag)>", text.index(inner.endIndex, offsetBy: mark.count))
    }

    /// What is between two marks at the beginning of a text; nil if it doesn't begin with the first, or there is nothing.
    private static func between(_ open: String, _ close: String, _ text: Substring) -> Substring? {
        guard text.hasPrefix(open) else { return nil }
        let inner = text.dropFirst(open.count)
        guard let end = inner.firstRange(of: close)?.lowerBound, end > inner.startIndex else { return nil }
        return inner[..<end]
    }
}
