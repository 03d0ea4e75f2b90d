/// Changes to a text by whole lines, so that everything else stays as it is, including comments.
struct LineEdits {
    /// Replaces `removed` lines, beginning with the line of that index, by others.
    private struct Edit {
        var line: Int
        var removed: Int
        var inserted: [String]
    }

    /// Text instead of some of a line's Unicode scalars.
    private struct Change {
        var range: Range<Int>
        var text: String
    }

    let lines: [String]
    /// What ends each line: files keep their line endings. The last line of some has none.
    private let ends: [String]
    private var insertions: [Int: [String]] = [:]
    private var changes: [Int: [Change]] = [:]

    init(_ text: String) {
        // By scalars, since "\r\n" is one character.
        var parts = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        let isEnded = parts.last?.isEmpty == true
        // What follows the last newline is no line.
        if isEnded { parts.removeLast() }
        let ended = isEnded ? parts[...] : parts.dropLast()
        let open = isEnded ? [] : parts.suffix(1)
        lines = ended.map { String($0.last == "\r" ? $0.dropLast() : $0) } + open.map { String($0) }
        ends = ended.map { $0.last == "\r" ? "\r\n" : "\n" } + open.map { _ in "" }
    }

    /// What ends a new line: the same as the line before.
    private func end(at line: Int) -> String {
        ends.prefix(max(1, line)).last { !$0.isEmpty } ?? "\n"
    }

    var isEmpty: Bool { insertions.isEmpty && changes.isEmpty }

    /// - Parameter line: the index of the line that these go before.
    mutating func insert(_ inserted: [String], before line: Int) {
        // They need a newline before them.
        if line > 0, line == lines.count, ends[line - 1].isEmpty { replace(line: line - 1, 0..<0, with: "") }
        insertions[line, default: []] += inserted
    }

    /// Replaces a part of a line, counted in Unicode scalars of the line as it was. Parts must not overlap.
    mutating func replace(line: Int, _ range: Range<Int>, with text: String) {
        changes[line, default: []].append(Change(range: range, text: text))
    }

    private func changed(_ line: Int) -> String {
        let scalars = Array(lines[line].unicodeScalars)
        var result = ""
        var next = 0
        // Sorting is stable: of what goes to the same place, the earlier is first.
        let sorted = (changes[line] ?? []).sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        for change in sorted {
            result.unicodeScalars += scalars[next..<max(next, change.range.lowerBound)]
            result += change.text
            next = max(next, change.range.upperBound)
        }
        result.unicodeScalars += scalars[next...]
        return result
    }

    /// Insertions before a line come before its replacement.
    private var ordered: [Edit] {
        let edits =
            insertions.map { Edit(line: $0.key, removed: 0, inserted: $0.value) }
            + changes.keys.map { Edit(line: $0, removed: 1, inserted: [changed($0)]) }
        return edits.sorted { ($0.line, $0.removed) < ($1.line, $1.removed) }
    }

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

    private func kept(_ range: Range<Int>) -> String { range.map { lines[$0] + ends[$0] }.joined() }

    /// Lines of a patch.
    private func marked(_ range: Range<Int>, _ mark: String) -> String {
        range.map { mark + lines[$0] + (ends[$0].isEmpty ? "\n\\ No newline at end of file\n" : ends[$0]) }.joined()
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
        guard !isEmpty else { return "" }
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
            body += marked(next..<edit.line, " ")
            next = edit.line + edit.removed
            body += marked(edit.line..<next, "-") + new(edit, "+")
            added += edit.inserted.count - edit.removed
        }
        body += marked(next..<end, " ")
        let header = "@@ -\(first + 1),\(end - first) +\(first + 1 + shift),\(end - first + added) @@\n"
        shift += added
        return header + body
    }

    /// A patch that replaces a whole text; without an old one, one that creates the file.
    static func replacement(of old: String?, by new: String, path: String) -> String {
        let (old, new, isNew) = (LineEdits(old ?? ""), LineEdits(new), old == nil)
        let header = "@@ -\(old.lines.isEmpty ? 0 : 1),\(old.lines.count) +1,\(new.lines.count) @@\n"
        return Self.header(isNew ? "/dev/null" : path, path) + header + old.marked(0..<old.lines.count, "-")
            + new.marked(0..<new.lines.count, "+")
    }
}
