import Foundation

/// JSON as all outputs write it: one line, sorted keys, nothing that could control a terminal.
package enum JSONText {
    package static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return escapeUnsafe(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// JSON requires escapes only below U+0020. The other scalars that `PrintableText` calls unsafe can only appear
    /// within strings, where `\u` with their UTF-16 code units means the same.
    private static func escapeUnsafe(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: PrintableText.isUnsafe) else { return json }
        var result = ""
        for scalar in json.unicodeScalars {
            guard PrintableText.isUnsafe(scalar) else {
                result.unicodeScalars.append(scalar)
                continue
            }
            for unit in UTF16.encode(scalar) ?? .init() { result += JSONString.escaped(unit) }
        }
        return result
    }
}
