import Support
import Testing

struct PrintableTextTests {
    @Test(arguments: [
        ("plain é 漢", "plain é 漢"), ("a\nb\r\tc", "a\\nb\\r\\tc"), ("\u{1B}]0;x\u{7}", "\\u{1B}]0;x\\u{7}"),
        ("a\u{202E}b\u{2066}", "a\\u{202E}b\\u{2066}"), ("\u{85}\u{2028}\u{7F}", "\\u{85}\\u{2028}\\u{7F}"),
        ("\u{0}", "\\u{0}"), ("back\\slash", "back\\\\slash"), ("\u{200B}\u{FEFF}", "\\u{200B}\\u{FEFF}"),
    ])
    func `what could control a terminal is written as an escape`(text: String, expected: String) {
        #expect(PrintableText.escape(text) == expected)
    }

    @Test func `text from outside is quoted and shortened`() {
        #expect(PrintableText.quote("a\"b") == "\"a\\\"b\"")
        #expect(PrintableText.quote(String(repeating: "x", count: 100), limit: 3) == "\"xxx…\"")
    }

    @Test(arguments: [
        ("whn", "when"), ("wehn", "when"), ("Select", "select"), ("annotation", "annotations"),
        ("banana", nil),
        ("x", nil), ("", nil),
    ])
    func `a typo is recognised`(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["when", "select", "annotations"]) == expected)
    }
}
