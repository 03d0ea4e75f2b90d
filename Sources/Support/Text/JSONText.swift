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

/// An optional value that JSON states as null where there is none. A synthesized encoder would leave it out. Null and
/// absent are read alike.
@propertyWrapper
package struct OrNull<Value> {
    package var wrappedValue: Value?

    package init(wrappedValue: Value?) {
        self.wrappedValue = wrappedValue
    }
}

extension OrNull: Sendable where Value: Sendable {}
extension OrNull: Equatable where Value: Equatable {}
extension OrNull: Hashable where Value: Hashable {}

extension OrNull: Encodable where Value: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}

extension OrNull: Decodable where Value: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        wrappedValue = container.decodeNil() ? nil : try container.decode(Value.self)
    }
}

extension KeyedDecodingContainer {
    /// What synthesized decoders call for such a value.
    func decode<Value: Decodable>(_: OrNull<Value>.Type, forKey key: Key) throws -> OrNull<Value> {
        OrNull(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
    }
}
