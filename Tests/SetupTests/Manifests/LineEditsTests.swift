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
        let ends = lines.map { _ in isMixed && Bool.random(using: &chance) ? "\r\n" : "\n" }
        let text = zip(lines, ends).map { $0 + $1 }.joined()
        var edits = LineEdits(text)
        var before = [[String]](repeating: [], count: lines.count + 1)
        var changed = lines
        for number in 0..<Int.random(in: 0...6, using: &chance) {
            let line = Int.random(in: 0...lines.count, using: &chance)
            if Bool.random(using: &chance), line < lines.count, changed[line] == lines[line] {
                changed[line] = "changed \(number)"
                edits.replace(line: line, with: changed[line])
            } else {
                let added = (0..<Int.random(in: 1...3, using: &chance)).map { "added \(number).\($0)" }
                before[line] += added
                edits.insert(added, before: line)
            }
        }
        var expected = ""
        for line in 0...lines.count {
            let end = ends.isEmpty ? "\n" : ends[max(0, line - 1)]
            expected += before[line].map { $0 + end }.joined()
            if line < lines.count { expected += changed[line] + ends[line] }
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
        #expect(LineEdits("a\nb").applied() == "a\nb\n")
        #expect(LineEdits("").applied() == "")
    }

    @Test func `to a line that was changed already are on top of that`() {
        var edits = LineEdits("a\r\nb\r\n")
        edits.replace(line: 1, with: edits.current(1) + "c")
        edits.replace(line: 1, with: edits.current(1) + "d")
        #expect(edits.applied() == "a\r\nbcd\r\n")
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
        let old = text.lines
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
                let content = String(line.dropFirst())
                if line.first != "+" {
                    guard next < old.count, old[next] == content else { throw WrongPatchError(what: "isn't \(line)") }
                    next += 1
                }
                if line.first != "-" { new.append(content) }
            }
            guard next == end, new.count == newEnd else { throw WrongPatchError(what: "counts of \(header)") }
        }
        return (new + old[next...]).map { $0 + "\n" }.joined()
    }
}

extension String {
    /// What is between newlines: a carriage return belongs to its line.
    fileprivate var lines: [String] { unicodeScalars.split(separator: "\n").map { String($0) } }
}
