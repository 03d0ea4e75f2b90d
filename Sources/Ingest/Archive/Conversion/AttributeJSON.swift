/// The value of an attribute as JSON has it. Integers beyond ±(2^53 − 1), which JavaScript can't hold, are strings.
package indirect enum AttributeJSON: Encodable, Sendable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case list([AttributeJSON])
    case map([String: AttributeJSON])

    package init(_ value: OTLPDocument.Value?) {
        guard let value else { self = .text(""); return }
        if let text = value.stringValue {
            self = .text(text)
        } else if let bool = value.boolValue {
            self = .bool(bool)
        } else if let integer = value.intValue {
            let small = Int64(integer).flatMap { $0.magnitude < 1 << 53 ? $0 : nil }
            self = small.map { .integer($0) } ?? .text(integer)
        } else if let list = value.arrayValue {
            self = .list((list.values ?? []).map { AttributeJSON($0) })
        } else if let pairs = value.kvlistValue {
            self = .map(Dictionary(pairs.values ?? []))
        } else {
            switch value.doubleValue {
            case .value(let number): self = .number(number)
            case .name(let name): self = .text(name)
            case nil: self = .text(value.bytesValue ?? "")
            }
        }
    }

    /// The text of a text.
    package var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .bool(let bool): try container.encode(bool)
        case .list(let list): try container.encode(list)
        case .map(let map): try container.encode(map)
        }
    }
}

extension [String: AttributeJSON] {
    /// The last of attributes with the same key counts.
    package init(_ attributes: [OTLPDocument.Attribute]) {
        self = Dictionary(
            attributes.map { ($0.key ?? "", AttributeJSON($0.value)) }, uniquingKeysWith: { _, last in last })
    }
}
