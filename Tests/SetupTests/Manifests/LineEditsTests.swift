import TestSupport
import Testing

@testable import Setup

@Suite struct `Changes to lines` {
    /// A text of some lines, some of which are alike, and random changes, also made by hand.
    private func random(_ seed: UInt64) -> (text: String, edits: LineEdits, expected: String) {
        var chance = SeededGenerator(seed: seed)
        let lines = (0..<Int.random(in: 0...40, using: &chance)).map { _ in
            "line \(Int.random(in: 0..<5, using: &chance))"
        }
        let isMixed = Bool.random(using: &chance)
        var ends = lines.map { _ in isMixed && Bool.random(using: &chance) ? "\r\n" : "\n" }
        if !ends.isEmpty, Bool.random(using: &chance) { ends[ends.count - 1] = "" }
        let text = zip(lines, ends).map { $0 + $1 }.joined()
        var edits = LineEdits(text)
        var before = [[String]](repeating: [], count: lines.count + 1)
        var changed = lines
        for number in 0..<Int.random(in: 0...6, using: &chance) {
            let line = Int.random(in: 0...lines.count, using: &chance)
            if Bool.random(using: &chance), line < lines.count, changed[line] == lines[line] {
                changed[line] = "changed \(number)"
                edits.replace(line: line, 0..<lines[line].unicodeScalars.count, with: changed[line])
            } else {
                let added = (0..<Int.random(in: 1...3, using: &chance)).map { "added \(number).\($0)" }
                before[line] += added
                edits.insert(added, before: line)
            }
        }
        var expected = ""
        for line in 0...lines.count {
            let end = ends.prefix(max(1, line)).last { !$0.isEmpty } ?? "\n"
            expected += before[line].map { $0 + end }.joined()
            guard line < lines.count else { continue }
            // What is changed at the end of a text that lacks a newline there, or follows it, gets one.
            let isTouched = changed[line] != lines[line] || !before[lines.count].isEmpty
            let own = ends[line].isEmpty && isTouched ? ends.last { !$0.isEmpty } ?? "\n" : ends[line]
            expected += changed[line] + own
        }
        return (text, edits, expected)
    }

    @Test func `are made where they were meant, in the order of lines`() {
        for seed in UInt64(0)..<500 {
            let (_, edits, expected) = random(seed)
            #expect(edits.applied() == expected, "seed \(seed)")
        }
    }

    @Test func `are a patch that makes the same of the text`() throws {
        for seed in UInt64(0)..<500 {
            let (text, edits, expected) = random(seed)
            let patched = try Patch(edits.unifiedDiff(path: "a.yaml")).applied(to: text)
            #expect(patched == expected, "seed \(seed)")
        }
    }

    @Test func `are no patch if there are none`() {
        #expect(LineEdits("a\nb\n").unifiedDiff(path: "a.yaml").isEmpty)
        #expect(LineEdits("a\nb").applied() == "a\nb")
        #expect(LineEdits("").applied() == "")
    }

    @Test func `within a line keep their places, whatever their order`() {
        var edits = LineEdits("a\r\nb = c # é\r\n")
        edits.replace(line: 1, 9..<9, with: "!")
        edits.replace(line: 1, 4..<5, with: "long")
        edits.replace(line: 1, 4..<4, with: "<")
        edits.replace(line: 1, 0..<1, with: "")
        edits.replace(line: 1, 9..<9, with: "?")
        #expect(edits.applied() == "a\r\n = <long # é!?\r\n")
    }
}

/// A unified diff, applied without mercy: every context line and every number must be right.
private struct Patch {
    private var lines: ArraySlice<String>

    struct WrongPatchError: Error {
        let what: String
    }

    init(_ text: String) { lines = text.lines[...] }

    /// The numbers of `@@ -a,b +c,d @@`.
    private static func numbers(_ header: String) -> [Int] {
        header.split { !$0.isNumber }.compactMap { Int($0) }
    }

    func applied(to text: String) throws -> String {
        var old = text.lines.map { $0 + "\n" }
        if !old.isEmpty, text.unicodeScalars.last != "\n" { old[old.count - 1].unicodeScalars.removeLast() }
        var new: [String] = []
        var next = 0
        var rest = lines
        if !rest.isEmpty {
            guard rest.removeFirst() == "--- a.yaml", rest.removeFirst() == "+++ a.yaml" else {
                throw WrongPatchError(what: "names")
            }
        }
        while let header = rest.popFirst() {
            let numbers = Self.numbers(header)
            guard numbers.count == 4, header.hasPrefix("@@ ") else { throw WrongPatchError(what: header) }
            new += old[next..<(numbers[0] - 1)]
            next = numbers[0] - 1
            guard new.count == numbers[2] - 1 else { throw WrongPatchError(what: "begins elsewhere: \(header)") }
            let (end, newEnd) = (next + numbers[1], new.count + numbers[3])
            while next < end || new.count < newEnd {
                guard let line = rest.popFirst() else { throw WrongPatchError(what: "ends early") }
                let isOpen = rest.first == "\\ No newline at end of file"
                if isOpen { rest.removeFirst() }
                let content = String(line.dropFirst()) + (isOpen ? "" : "\n")
                if line.first != "+" {
                    guard next < old.count, old[next] == content else { throw WrongPatchError(what: "isn't \(line)") }
                    next += 1
                }
                if line.first != "-" { new.append(content) }
            }
            guard next == end, new.count == newEnd else { throw WrongPatchError(what: "counts of \(header)") }
        }
        return (new + old[next...]).joined()
    }
}

extension String {
    /// What is between newlines: a carriage return belongs to its line.
    fileprivate var lines: [String] { unicodeScalars.split(separator: "\n").map { String($0) } }
}
