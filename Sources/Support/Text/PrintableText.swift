/// Makes text safe to print: a hostile span name must not steer a terminal or break a line.
package enum PrintableText {
    /// Escapes control characters, line separators and bidirectional overrides (`\n`, `\u{1B}`), and doubles the
    /// backslash so that the original can be recovered.
    package static func escape(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0 == "\\" || isUnsafe($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isUnsafe(scalar):
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same without doubling backslashes: for messages whose quoted parts are escaped already.
    package static func visible(_ text: String) -> String {
        text.split(separator: "\\", omittingEmptySubsequences: false).map { escape(String($0)) }.joined(separator: "\\")
    }

    /// Quotes and escapes `text`, shortened to `limit` characters: how messages cite input.
    package static func quote(_ text: String, limit: Int = 60) -> String {
        let cited = text.count > limit ? text.prefix(limit) + "…" : text[...]
        return "\"\(escape(String(cited)).replacing("\"", with: "\\\""))\""
    }

    /// Whether a scalar can move the cursor, start a new line or reorder what is displayed.
    package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        return switch scalar.properties.generalCategory {
        // Cc: C0 and C1 controls with DEL; Cf: bidirectional controls, zero-width characters, tags.
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}

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

extension [String] {
    /// The elements in a sentence: `a`, `a and b`, `a, b and c`.
    ///
    /// - Parameter conjunction: `and` or `or`.
    package func listed(_ conjunction: String = "and") -> String {
        guard let last, count > 1 else { return first ?? "" }
        return "\(dropLast().joined(separator: ", ")) \(conjunction) \(last)"
    }
}
