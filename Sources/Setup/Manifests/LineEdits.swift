/// Changes to a text by whole lines, so that everything else stays as it is, including comments.
struct LineEdits {
    /// Replaces `removed` lines, beginning with the line of that index, by others.
    private struct Edit {
        var line: Int
        var removed: Int
        var inserted: [String]
    }

    let lines: [String]
    /// What ends each line: files keep their line endings.
    private let ends: [String]
    private var edits: [Edit] = []

    init(_ text: String) {
        // By scalars, since "\r\n" is one character.
        var parts = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        // What follows the last newline is no line.
        if parts.last?.isEmpty == true { parts.removeLast() }
        lines = parts.map { String($0.last == "\r" ? $0.dropLast() : $0) }
        ends = parts.map { $0.last == "\r" ? "\r\n" : "\n" }
    }

    /// What ends a new line: the same as the line before.
    private func end(at line: Int) -> String { ends.isEmpty ? "\n" : ends[max(0, line - 1)] }

    /// A line as the edits so far leave it.
    func current(_ line: Int) -> String {
        edits.first { $0.line == line && $0.removed == 1 }?.inserted[0] ?? lines[line]
    }

    var isEmpty: Bool { edits.isEmpty }

    /// - Parameter line: the index of the line that these go before.
    mutating func insert(_ inserted: [String], before line: Int) {
        if let index = edits.firstIndex(where: { $0.line == line && $0.removed == 0 }) {
            edits[index].inserted += inserted
        } else {
            edits.append(Edit(line: line, removed: 0, inserted: inserted))
        }
    }

    mutating func replace(line: Int, with text: String) {
        if let index = edits.firstIndex(where: { $0.line == line && $0.removed == 1 }) {
            edits[index].inserted = [text]
        } else {
            edits.append(Edit(line: line, removed: 1, inserted: [text]))
        }
    }

    /// Insertions before a line come before its replacement.
    private var ordered: [Edit] { edits.sorted { ($0.line, $0.removed) < ($1.line, $1.removed) } }

    /// The changed text.
    func applied() -> String {
        var result = ""
        var next = 0
        for edit in ordered {
            result += kept(next..<edit.line) + new(edit)
            next = edit.line + edit.removed
        }
        return result + kept(next..<lines.count)
    }

    private func kept(_ range: Range<Int>, _ prefix: String = "") -> String {
        range.map { prefix + lines[$0] + ends[$0] }.joined()
    }

    private func new(_ edit: Edit, _ prefix: String = "") -> String {
        edit.inserted.map { prefix + $0 + end(at: edit.line + edit.removed) }.joined()
    }

    /// A tab ends a name with spaces, which patch would else cut.
    private static func header(_ old: String, _ new: String) -> String {
        func line(_ mark: String, _ path: String) -> String { "\(mark) \(path)\(path.contains(" ") ? "\t" : "")\n" }
        return line("---", old) + line("+++", new)
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
        var text = Self.header(path, path)
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
            body += kept(next..<edit.line, " ")
            next = edit.line + edit.removed
            body += kept(edit.line..<next, "-") + new(edit, "+")
            added += edit.inserted.count - edit.removed
        }
        body += kept(next..<end, " ")
        let header = "@@ -\(first + 1),\(end - first) +\(first + 1 + shift),\(end - first + added) @@\n"
        shift += added
        return header + body
    }

    /// A patch that replaces a whole text; without an old one, one that creates the file.
    static func replacement(of old: String?, by new: String, path: String) -> String {
        let (old, new, isNew) = (LineEdits(old ?? ""), LineEdits(new), old == nil)
        let header = "@@ -\(old.lines.isEmpty ? 0 : 1),\(old.lines.count) +1,\(new.lines.count) @@\n"
        return Self.header(isNew ? "/dev/null" : path, path) + header + old.kept(0..<old.lines.count, "-")
            + new.kept(0..<new.lines.count, "+")
    }
}
