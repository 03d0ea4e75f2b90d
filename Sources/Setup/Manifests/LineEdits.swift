/// Changes to a text by whole lines: so that what isn't changed stays as it is, comments included.
struct LineEdits {
    /// Replaces `removed` lines, beginning with the line of that index, by others.
    private struct Edit {
        var line: Int
        var removed: Int
        var inserted: [String]
    }

    let lines: [String]
    private var edits: [Edit] = []

    init(_ text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        // What follows the last newline is no line.
        if lines.last == "" { lines.removeLast() }
        self.lines = lines
    }

    var isEmpty: Bool { edits.isEmpty }

    /// - Parameter line: the index of the line before which these go.
    mutating func insert(_ inserted: [String], before line: Int) {
        if let index = edits.firstIndex(where: { $0.line == line && $0.removed == 0 }) {
            edits[index].inserted += inserted
        } else {
            edits.append(Edit(line: line, removed: 0, inserted: inserted))
        }
    }

    mutating func replace(line: Int, with text: String) {
        edits.append(Edit(line: line, removed: 1, inserted: [text]))
    }

    /// Insertions before a line come before its replacement.
    private var ordered: [Edit] { edits.sorted { ($0.line, $0.removed) < ($1.line, $1.removed) } }

    /// The changed text.
    func applied() -> String {
        var result: [String] = []
        var next = 0
        for edit in ordered {
            result += lines[next..<edit.line]
            result += edit.inserted
            next = edit.line + edit.removed
        }
        return (result + lines[next...]).map { $0 + "\n" }.joined()
    }

    /// The change as `diff -u` writes it, for `patch -p0`.
    func unifiedDiff(path: String, context: Int = 3) -> String {
        guard !edits.isEmpty else { return "" }
        var hunks: [[Edit]] = []
        for edit in ordered {
            if let last = hunks.last?.last, edit.line - (last.line + last.removed) <= 2 * context {
                hunks[hunks.count - 1].append(edit)
            } else {
                hunks.append([edit])
            }
        }
        var text = "--- \(path)\n+++ \(path)\n"
        var shift = 0
        for hunk in hunks { text += unified(hunk, context, &shift) }
        return text
    }

    /// - Parameter shift: how many lines the hunks before this one added.
    private func unified(_ hunk: [Edit], _ context: Int, _ shift: inout Int) -> String {
        let first = max(0, hunk[0].line - context)
        let end = min(lines.count, hunk[hunk.count - 1].line + hunk[hunk.count - 1].removed + context)
        var body = ""
        var next = first
        var added = 0
        for edit in hunk {
            body += lines[next..<edit.line].map { " \($0)\n" }.joined()
            next = edit.line + edit.removed
            body += lines[edit.line..<next].map { "-\($0)\n" }.joined()
            body += edit.inserted.map { "+\($0)\n" }.joined()
            added += edit.inserted.count - edit.removed
        }
        body += lines[next..<end].map { " \($0)\n" }.joined()
        let header = "@@ -\(first + 1),\(end - first) +\(first + 1 + shift),\(end - first + added) @@\n"
        shift += added
        return header + body
    }
}
