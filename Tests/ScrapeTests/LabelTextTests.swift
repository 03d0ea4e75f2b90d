import TestSupport
import Testing

@testable import Scrape

@Suite struct `text of labels` {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `hashes are those of the standard's examples`(text: String, digest: String) {
        #expect(SHA256.hex(Array(text.utf8)) == digest)
    }

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
