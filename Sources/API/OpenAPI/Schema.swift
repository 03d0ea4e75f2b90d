/// What a JSON value looks like: a JSON Schema, as OpenAPI 3.1 has it. Fields may be added without notice, so objects are open.
indirect enum Schema: Encodable, Sendable {
    case text
    /// RFC 3339.
    case time
    case integer
    case number
    case boolean
    /// One of some texts.
    case choice([String])
    case array(Schema)
    /// By any name.
    case map(Schema)
    case object([Field])
    case nullable(Schema)
    /// One of the components of the description.
    case named(String)
    case null
    case any

    struct Field: Sendable {
        let name: String
        let schema: Schema
        var isRequired = true

        static func optional(_ name: String, _ schema: Schema) -> Field {
            Field(name: name, schema: schema, isRequired: false)
        }
    }

    private enum Key: String, CodingKey {
        case type, format, items, properties, required, additionalProperties, `enum`, anyOf, ref = "$ref"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .any: break
        case .text: try container.encode("string", forKey: .type)
        case .integer: try container.encode("integer", forKey: .type)
        case .number: try container.encode("number", forKey: .type)
        case .null: try container.encode("null", forKey: .type)
        case .boolean: try container.encode("boolean", forKey: .type)
        case .time:
            try container.encode("string", forKey: .type)
            try container.encode("date-time", forKey: .format)
        case .choice(let texts):
            try container.encode("string", forKey: .type)
            try container.encode(texts, forKey: .enum)
        case .array(let items):
            try container.encode("array", forKey: .type)
            try container.encode(items, forKey: .items)
        case .map(let values):
            try container.encode("object", forKey: .type)
            try container.encode(values, forKey: .additionalProperties)
        case .object(let fields):
            try container.encode("object", forKey: .type)
            let properties = fields.map { ($0.name, $0.schema) }
            try container.encode(Dictionary(uniqueKeysWithValues: properties), forKey: .properties)
            try container.encode(fields.filter(\.isRequired).map(\.name), forKey: .required)
        case .nullable(let schema): try container.encode([schema, .null], forKey: .anyOf)
        case .named(let name): try container.encode("#/components/schemas/\(name)", forKey: .ref)
        }
    }
}

extension Schema {
    /// Fields that are always there.
    static func object(_ fields: KeyValuePairs<String, Schema>, optional: KeyValuePairs<String, Schema> = [:]) -> Schema
    {
        .object(
            fields.map { Field(name: $0.key, schema: $0.value) } + optional.map { .optional($0.key, $0.value) })
    }
}
