internal import Support
internal import Yams

/// A YAML value to print. Mappings keep the order of their fields.
package indirect enum YAMLValue: Sendable {
    case text(String)
    case number(Int)
    case boolean(Bool)
    case list([YAMLValue])
    case map([(String, YAMLValue)])

    /// In block style, ending with a newline.
    package func serialized() throws -> String { try Yams.serialize(node: node, width: -1) }

    /// In flow style, on one line: JSON.
    package var flow: String {
        switch self {
        case .text(let text): String(decoding: JSONString.quoted(text), as: UTF8.self)
        case .number(let number): String(number)
        case .boolean(let value): String(value)
        case .list(let elements): "[\(elements.map(\.flow).joined(separator: ", "))]"
        case .map(let fields):
            "{\(fields.map { "\(YAMLValue.text($0.0).flow): \($0.1.flow)" }.joined(separator: ", "))}"
        }
    }

    private var node: Node {
        switch self {
        case .text(let text): .scalar(.init(text, Tag(.str), Self.style(of: text)))
        case .number(let number): .scalar(.init(String(number), Tag(.int)))
        case .boolean(let value): .scalar(.init(String(value), Tag(.bool)))
        case .list(let elements): .sequence(.init(elements.map(\.node)))
        case .map(let fields): .mapping(.init(fields.map { (.scalar(.init($0.0, Tag(.str))), $0.1.node) }))
        }
    }

    private static func style(of text: String) -> Node.Scalar.Style {
        if text.contains("\n") { return .literal }
        // A plain scalar that could be read as something else than text.
        let isAmbiguous =
            text.isEmpty || text.allSatisfy { $0.isNumber || ".:_+-".contains($0) }
            || ["true", "false", "null", "yes", "no", "on", "off", "~", "y", "n"].contains(text.lowercased())
        return isAmbiguous ? .doubleQuoted : .any
    }
}

extension YAMLValue: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByBooleanLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(arrayLiteral elements: YAMLValue...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, YAMLValue)...) { self = .map(elements) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }

    /// The mapping with more fields at its end; only mappings have fields.
    package func with(_ fields: [(String, YAMLValue)]) -> YAMLValue {
        guard case .map(let own) = self else { return self }
        return .map(own + fields)
    }
}
