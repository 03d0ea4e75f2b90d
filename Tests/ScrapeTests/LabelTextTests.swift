import TestSupport
import Testing

@testable import Scrape

@Suite struct `text of labels` {
    @Test func `a value of the maximum length is written whole`() {
        let value = String(repeating: "x", count: LabelText.wholeBytes)
        #expect(LabelText.written(value) == value)
    }

    @Test func `long values that differ at their end differ when they are cut`() {
        let start = String(repeating: "é", count: 5_000)
        let (first, second) = (LabelText.written(start + "1"), LabelText.written(start + "2"))
        #expect(first != second)
        for cut in [first, second] {
            #expect(cut.utf8.count > LabelText.wholeBytes)
            #expect(cut.utf8.count <= 211)
            // Another operation's name may look exactly like the cut one, so that name is cut as well.
            #expect(LabelText.written(cut) != cut)
        }
    }

    @Test(arguments: [
        ("back\\", "back\\\\"), ("\u{1B}[31m", "\\\\u{1B}[31m"), ("\\u{1B}", "\\\\u{5C}u{1B}"), ("a\nb", "a\\nb"),
        ("say \"x\"", "say \\\"x\\\""), ("\u{202E}", "\\\\u{202E}"), ("\\\u{1B}", "\\\\\\\\u{1B}"),
    ])
    func `unsafe characters are escaped unambiguously`(value: String, written: String) {
        #expect(LabelText.written(value) == written)
    }
}
