/// Strings as JSON writes them (RFC 8259, section 7).
package enum JSONString {
    package static func quoted(_ text: String) -> [UInt8] {
        var quoted = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F: quoted += escaped(UInt16(byte)).utf8
            default: quoted.append(byte)
            }
        }
        return quoted + [UInt8(ascii: "\"")]
    }

    /// `\u001b`
    package static func escaped(_ codeUnit: UInt16) -> String { "\\u" + Hex.text(codeUnit) }
}
