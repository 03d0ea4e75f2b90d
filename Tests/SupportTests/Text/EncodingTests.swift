import Support
import Testing

@Suite struct `Bytes as text` {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `have the SHA-256 hashes of the standard's examples`(text: String, digest: String) {
        #expect(SHA256.hex(Array(text.utf8)) == digest)
    }

    /// RFC 4648, section 10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `are base64 with padding or without`(plain: String, encoded: String) {
        let bytes = Array(plain.utf8)
        #expect(Base64.text(bytes) == Array(encoded.utf8))
        #expect(Base64.text(bytes, isPadded: false) == encoded.utf8.filter { $0 != UInt8(ascii: "=") })
        #expect(Base64.bytes(Array(encoded.utf8)) == bytes)
        #expect(Base64.bytes(Base64.text(bytes, isPadded: false)) == bytes)
    }

    @Test func `are hexadecimal digits of either case`() {
        let all = (UInt8.min...UInt8.max).map { $0 }
        let text = Hex.text(all)
        #expect(text.count == 512)
        #expect(Hex.bytes(text) == all)
        #expect(Hex.bytes(Array(String(decoding: text, as: UTF8.self).uppercased().utf8)) == all)
        #expect(Hex.bytes(Array("abc".utf8)) == nil)
        #expect(Hex.bytes(Array("0g".utf8)) == nil)
        #expect(Hex.text(UInt64(0xAB)) == "00000000000000ab")
        #expect(Hex.text(UInt8(7)) == "07")
    }

    @Test func `are strings of JSON`() {
        #expect(JSONString.quoted("a \"b\" \\ \u{1}\n\u{7F} é") == Array(#""a \"b\" \\ \u0001\u000a\u007f é""#.utf8))
    }
}
