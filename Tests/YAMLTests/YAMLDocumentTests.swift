import TestSupport
import Testing
import YAML

@Suite struct `A YAML document` {
    private func read(_ text: String) -> (root: YAMLNode?, messages: [String]) {
        var diagnostics = Diagnostics(file: "x.yaml")
        let document = YAMLDocument(Array(text.utf8), &diagnostics)
        return (document?.root, diagnostics.all.map(\.description))
    }

    @Test func `knows where its nodes are`() throws {
        let (root, messages) = read("a: 1\nlist:\n  - x\n  - {key: ü, other: y}\n")
        #expect(messages == [])
        var diagnostics = Diagnostics(file: "x.yaml")
        let entries = try #require(root?.entries("the file", &diagnostics))
        #expect(entries.map(\.key) == ["a", "list"])
        #expect(entries[1].keyPosition == SourcePosition(line: 2, column: 1))
        let elements = try #require(entries[1].value.list("list", &diagnostics))
        #expect(elements[0].start == SourcePosition(line: 3, column: 5))
        let inner = try #require(elements[1].entries("an element", &diagnostics))
        // Columns count scalars, not bytes.
        #expect(inner[1].keyPosition == SourcePosition(line: 4, column: 14))
        #expect(diagnostics.isEmpty)
    }

    @Test func `names the place of what it can't read, and what was found`() {
        #expect(read("a: 1\na: 2\n").messages.map { $0.prefix(11) } == ["x.yaml:2:1:"])
        #expect(read("a: [1, 2\n").messages.count == 1)
        #expect(read("\u{FEFF}a: x\n").messages.first?.contains("byte order mark") == true)
        var diagnostics = Diagnostics(file: "x.yaml")
        #expect(YAMLDocument([0x61, 0x3A, 0x20, 0xFF], &diagnostics) == nil)
        #expect(diagnostics.all.map(\.description) == ["x.yaml:1:4: the byte 0xFF is not UTF-8"])
    }

    @Test func `of which nothing is left is empty`() {
        let (root, messages) = read("# only a comment\n")
        #expect(root == nil)
        #expect(messages == [])
    }

    // MARK: Printing

    /// Texts that plain YAML would read as something else, and others.
    private static let texts = [
        "", " ", "x", "true", "No", "~", "null", "1", "-1.5", "12:30", "1_000", "- x", "a: b", "#x", "x #y", "{a}",
        "[b]", "*a", "&a",
        "!t", "%x", "@x", "`x`", "'", "\"", "\\", "ü€😀", "two\nlines", "ends\n", "\n", "a\n\n b", "x: y\n- z",
        " leading", "trailing ",
        "tab\tinside", "?", "|", ">", "=", "<<",
    ]

    private static func value(_ random: inout SeededGenerator, depth: Int) -> YAMLValue {
        switch depth > 0 ? Int.random(in: 0..<5, using: &random) : Int.random(in: 0..<3, using: &random) {
        case 0: .number(Int.random(in: -9...9, using: &random))
        case 1: .boolean(Bool.random(using: &random))
        case 2: .text(texts.randomElement(using: &random) ?? "")
        case 3: .list((0..<Int.random(in: 1...3, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            .map((0..<Int.random(in: 1...3, using: &random)).map { ("key \($0)", value(&random, depth: depth - 1)) })
        }
    }

    /// Whether a node is what a value says.
    private static func matches(_ node: YAMLNode, _ value: YAMLValue) -> Bool {
        switch (node.kind, value) {
        case (.scalar(let text, _), .number(let number)): text == String(number)
        case (.scalar(let text, let style), .boolean(let value)): text == String(value) && style == .plain
        case (.scalar(let text, _), .text(let expected)): text == expected && !node.isNull
        case (.sequence(let nodes), .list(let values)):
            nodes.count == values.count && zip(nodes, values).allSatisfy { matches($0, $1) }
        case (.mapping(let entries), .map(let fields)):
            entries.map(\.key) == fields.map(\.0) && zip(entries, fields).allSatisfy { matches($0.value, $1.1) }
        default: false
        }
    }

    @Test(arguments: 0..<200) func `that was printed is read back as it was`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let value = YAMLValue.map([("root", Self.value(&random, depth: 3))])
        let text = try value.serialized()
        let (root, messages) = read(text)
        #expect(messages == [], "\(text)")
        #expect(Self.matches(try #require(root), value), "\(text)")
    }
}
