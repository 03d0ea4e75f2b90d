import Rules
import Support

/// Label values in the scrape: short, safe on a terminal, and distinct if the originals are.
///
/// Two equal label sets would make Prometheus reject the whole scrape, so the encoding is unambiguous.
enum LabelText {
    /// Longest value, in bytes, that is written whole, before quotes and backslashes are escaped.
    static let wholeBytes = 200
    /// Bytes kept of a longer value. With `…` and the digits it exceeds `wholeBytes`, so it can't equal a value written
    /// whole.
    static let shortenedBytes = 184
    /// Hexadecimal digits of the whole value's SHA-256.
    static let digits = 24

    /// A value as written between quotes.
    static func written(_ value: String) -> String {
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

    /// Writes control characters and the like as `\u{1B}`, and a backslash that would look like such an escape as
    /// `\u{5C}`. The exposition format itself escapes line feeds.
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
