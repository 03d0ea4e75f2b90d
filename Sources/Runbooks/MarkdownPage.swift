/// A runbook as HTML: headings with anchors, paragraphs, lists, blocks of code and tables, which is all that runbooks have.
struct MarkdownPage {
    private let text: MarkdownText
    private var lines: ArraySlice<Substring>
    private(set) var html = ""
    /// That of the first heading.
    private(set) var title = ""

    /// - Parameter target: turns the target of a link into that of the page; nil leaves only its text.
    init(_ markdown: String, target: @escaping (String) -> String?) {
        text = MarkdownText(target: target)
        lines = markdown.split(separator: "\n", omittingEmptySubsequences: false)[...]
        html = blocks()
    }

    /// All that is left.
    private mutating func blocks() -> String {
        var html = ""
        while let line = lines.first {
            if line.allSatisfy(\.isWhitespace) {
                lines.removeFirst()
            } else if line.hasPrefix("```") {
                html += code()
            } else if line.hasPrefix("#") {
                html += heading()
            } else if line.hasPrefix("|") {
                html += table()
            } else if Self.marker(line) != nil {
                html += list()
            } else {
                html += "<p>\(text.html(paragraph()[...]))</p>\n"
            }
        }
        return html
    }

    private mutating func heading() -> String {
        let line = lines.removeFirst()
        let level = min(line.prefix { $0 == "#" }.count, 6)
        let name = line.dropFirst(level).drop { $0 == " " }
        if title.isEmpty { title = String(name) }
        return "<h\(level) id=\"\(Self.anchor(name))\">\(text.html(name))</h\(level)>\n"
    }

    /// As GitHub makes them.
    private static func anchor(_ heading: Substring) -> String {
        heading.lowercased().replacing(" ", with: "-").filter { $0.isLetter || $0.isNumber || "-_".contains($0) }
    }

    private mutating func code() -> String {
        lines.removeFirst()
        let inner = lines.prefix { !$0.hasPrefix("```") }
        lines = lines.dropFirst(inner.count + 1)
        return "<pre><code>\(MarkdownText.escape(inner.joined(separator: "\n")))</code></pre>\n"
    }

    private mutating func paragraph() -> String {
        let first = lines.removeFirst()
        let others = lines.prefix { line in
            !line.allSatisfy(\.isWhitespace) && !line.hasPrefix("```") && !line.hasPrefix("|") && !line.hasPrefix("#")
                && Self.marker(line) == nil
        }
        lines = lines.dropFirst(others.count)
        return ([first] + others).joined(separator: "\n")
    }

    private mutating func table() -> String {
        let rows = lines.prefix { $0.hasPrefix("|") }
        lines = lines.dropFirst(rows.count)
        func row(_ line: Substring, _ tag: String) -> String {
            let cells = line.split(separator: "|").map { $0.trimmingPrefix(" ") }
            return "<tr>" + cells.map { "<\(tag)>\(text.html($0))</\(tag)>" }.joined() + "</tr>\n"
        }
        // The second line is a rule.
        return "<table>\n" + rows.prefix(1).map { row($0, "th") }.joined()
            + rows.dropFirst(2).map { row($0, "td") }.joined() + "</table>\n"
    }

    /// The items, each with the blocks that are indented as far as its text.
    private mutating func list() -> String {
        guard let first = lines.first, let marker = Self.marker(first) else { return "" }
        let tag = marker.isNumbered ? "ol" : "ul"
        var html = "<\(tag)>\n"
        while let line = lines.first, let own = Self.marker(line), own.isNumbered == marker.isNumbered {
            lines.removeFirst()
            var item = [line.dropFirst(own.width)]
            while let next = lines.first {
                let isInside = next.hasPrefix(String(repeating: " ", count: own.width))
                // A blank line belongs to an item if what follows does.
                let isBlank = next.isEmpty && lines.dropFirst().first.map { $0.hasPrefix("  ") } ?? false
                guard isInside || isBlank else { break }
                item.append(next.dropFirst(isInside ? own.width : 0))
                lines.removeFirst()
            }
            if lines.first?.isEmpty == true, let next = lines.dropFirst().first, Self.marker(next) != nil {
                lines.removeFirst()
            }
            var inner = MarkdownPage("", target: text.target)
            inner.lines = item[...]
            html += "<li>\(inner.blocks())</li>\n"
        }
        return html + "</\(tag)>\n"
    }

    /// That of an item of a list: `- ` or `1. `.
    private static func marker(_ line: Substring) -> (isNumbered: Bool, width: Int)? {
        if line.hasPrefix("- ") { return (false, 2) }
        let digits = line.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, line.dropFirst(digits.count).hasPrefix(". ") else { return nil }
        return (true, digits.count + 2)
    }
}
