import Support

/// How a scalar is written.
package enum YAMLScalarStyle: Sendable {
    case plain, singleQuoted, doubleQuoted, literal, folded
}

/// A node of a YAML document, with its place.
package struct YAMLNode: Sendable {
    package indirect enum Kind: Sendable {
        case scalar(String, YAMLScalarStyle)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    package struct Entry: Sendable {
        package var key: String
        package var keyPosition: SourcePosition
        package var value: YAMLNode
    }

    package var kind: Kind
    package var start: SourcePosition
    package var end: SourcePosition

    /// Whether nothing, `~` or `null` is written here.
    package var isNull: Bool {
        guard case .scalar(let text, .plain) = kind else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// How messages call what stands here.
    package var phrase: String {
        if isNull { return "nothing" }
        switch kind {
        case .scalar(let text, _): return PrintableText.quote(text)
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        }
    }
}
