import Rules
import Support

/// Values of labels as the scrape has them: short, and safe on a terminal, and different where the values are.
///
/// A value that came to stand twice would make Prometheus refuse the whole scrape, so nothing here may be ambiguous.
package enum LabelText {
    /// Bytes of a value that is written as it is, before quotes and backslashes are escaped.
    package static let wholeBytes = 200
    /// Of a longer one, about so many bytes, and behind them `…` and the digits: more than `wholeBytes` together, so that
    /// it's no other value's whole.
    static let shortenedBytes = 184
    /// Hexadecimal digits of the SHA-256 of the whole.
    package static let digits = 24

    /// A value between its quotes.
    package static func written(_ value: String) -> String {
        guard
            value.utf8.count > wholeBytes
                || value.utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F || $0 == 0x5C || $0 == 0x22 })
        else { return value }
        let safe = shortened(escaped(value))
        guard safe.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return safe }
        var written = ""
        for scalar in safe.unicodeScalars {
            switch scalar {
            case "\\": written += "\\\\"
            case "\n": written += "\\n"
            case "\"": written += "\\\""
            default: written.unicodeScalars.append(scalar)
            }
        }
        return written
    }

    /// Control characters and the like as `\u{1B}`, and the backslash of what looks like that as `\u{5C}`. The format has
    /// an escape of its own for line ends.
    private static func escaped(_ value: String) -> String {
        var result = ""
        let scalars = Array(value.unicodeScalars)
        for (index, scalar) in scalars.enumerated() {
            let looksEscaped = scalar == "\\" && scalars[(index + 1)...].prefix(2).elementsEqual(["u", "{"])
            if looksEscaped || scalar != "\n" && PrintableText.isUnsafe(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func shortened(_ value: String) -> String {
        guard value.utf8.count > wholeBytes else { return value }
        var result = ""
        var count = 0
        for scalar in value.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= shortenedBytes else { break }
            result.unicodeScalars.append(scalar)
        }
        return "\(result)…\(SHA256.hex(Array(value.utf8)).prefix(digits))"
    }
}
