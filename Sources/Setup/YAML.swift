internal import Yams

/// A YAML value to print. Mappings keep the order of their fields.
indirect enum YAML: Sendable {
    case text(String)
    case number(Int)
    case boolean(Bool)
    case list([YAML])
    case map([(String, YAML)])

    /// In block style, ending with a newline.
    func serialized() throws -> String { try Yams.serialize(node: node, width: -1) }

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

extension YAML: ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
    ExpressibleByBooleanLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(arrayLiteral elements: YAML...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, YAML)...) { self = .map(elements) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }

    /// The mapping with more fields at its end; only mappings have fields.
    func with(_ fields: [(String, YAML)]) -> YAML {
        guard case .map(let own) = self else { return self }
        return .map(own + fields)
    }
}

extension [Setting] {
    /// `NAME=VALUE`, as RKE2 and k3s take them.
    var pairs: YAML { .list(map { "\($0.name)=\($0.value)" }) }
    /// `{name, value}`, as Kubernetes writes environment variables.
    var named: YAML { .list(map { ["name": .text($0.name), "value": .text($0.value)] }) }
    var fields: YAML { .map(map { ($0.name, .text($0.value)) }) }
}
