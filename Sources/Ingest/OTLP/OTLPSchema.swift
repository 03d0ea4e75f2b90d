/// The enums of OTLP traces and the names of their values.
package enum OTLPEnum: Equatable {
    case spanKind, statusCode

    /// The number of a value, given by name or as digits; nil if unknown.
    func number(_ name: String) -> Int? {
        guard name.hasPrefix(prefix) else { return Int(name) }
        return names.firstIndex(of: String(name.dropFirst(prefix.count)))
    }

    private var prefix: String {
        switch self {
        case .spanKind: "SPAN_KIND_"
        case .statusCode: "STATUS_CODE_"
        }
    }

    private var names: [String] {
        switch self {
        case .spanKind: ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
        case .statusCode: ["UNSET", "OK", "ERROR"]
        }
    }
}

/// The messages of OTLP traces that their JSON can tell apart.
///
/// Source: opentelemetry-proto 1.9, `trace/v1`, `common/v1` and `resource/v1`.
package enum OTLPMessage {
    case request, resourceSpans, resource, entityRef, scopeSpans, scope, span, event, link, status
    case keyValue, anyValue, arrayValue, keyValueList

    /// A field with its number on the wire and its name in JSON.
    package struct Field {
        let number: Int
        package let name: String
        let type: FieldType
        var isRepeated = false

        /// Every name that the field may have in JSON.
        var names: [String] {
            let old = ["scopeSpans": "instrumentationLibrarySpans", "scope": "instrumentationLibrary"][name]
            return [name, old].compactMap { $0 }.flatMap { [$0, Self.snakeCase($0)] }
        }

        private static func snakeCase(_ name: String) -> String {
            name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
        }

        init(_ number: Int, _ name: String, _ type: FieldType, isRepeated: Bool = false) {
            self.number = number
            self.name = name
            self.type = type
            self.isRepeated = isRepeated
        }
    }

    /// The type of a field and its form in JSON.
    enum FieldType: Equatable {
        case text
        /// Bytes; hexadecimal in JSON.
        case identifier
        /// Bytes; base64 in JSON.
        case bytes
        /// A varint; a string in JSON.
        case int64
        /// A varint; a number in JSON.
        case uint32
        /// A varint; a number or a name in JSON.
        case enumeration(OTLPEnum)
        /// A string in JSON.
        case fixed64
        /// A number in JSON.
        case fixed32, double, bool
        case message(OTLPMessage)
    }

    /// Ordered by number.
    var fields: [Field] { Self.schema[self] ?? [] }

    package func field(_ name: String) -> Field? { Self.byName[self]?[name] }

    /// By lowerCamelCase name, by snake_case name as protobuf's own JSON may have it, and by former names.
    private static let byName = schema.mapValues { fields in
        let named = fields.flatMap { field in field.names.map { ($0, field) } }
        return Dictionary(named, uniquingKeysWith: { first, _ in first })
    }

    private static func attributes(_ number: Int) -> Field {
        Field(number, "attributes", .message(.keyValue), isRepeated: true)
    }

    private static let schema: [OTLPMessage: [Field]] = [
        .request: [Field(1, "resourceSpans", .message(.resourceSpans), isRepeated: true)],
        .resourceSpans: [
            Field(1, "resource", .message(.resource)),
            Field(2, "scopeSpans", .message(.scopeSpans), isRepeated: true), Field(3, "schemaUrl", .text),
        ],
        .resource: [
            attributes(1), Field(2, "droppedAttributesCount", .uint32),
            Field(3, "entityRefs", .message(.entityRef), isRepeated: true),
        ],
        .entityRef: [
            Field(1, "schemaUrl", .text), Field(2, "type", .text), Field(3, "idKeys", .text, isRepeated: true),
            Field(4, "descriptionKeys", .text, isRepeated: true),
        ],
        .scopeSpans: [
            Field(1, "scope", .message(.scope)), Field(2, "spans", .message(.span), isRepeated: true),
            Field(3, "schemaUrl", .text),
        ],
        .scope: [
            Field(1, "name", .text), Field(2, "version", .text), attributes(3),
            Field(4, "droppedAttributesCount", .uint32),
        ],
        .span: [
            Field(1, "traceId", .identifier), Field(2, "spanId", .identifier), Field(3, "traceState", .text),
            Field(4, "parentSpanId", .identifier), Field(5, "name", .text), Field(6, "kind", .enumeration(.spanKind)),
            Field(7, "startTimeUnixNano", .fixed64), Field(8, "endTimeUnixNano", .fixed64), attributes(9),
            Field(10, "droppedAttributesCount", .uint32),
            Field(11, "events", .message(.event), isRepeated: true), Field(12, "droppedEventsCount", .uint32),
            Field(13, "links", .message(.link), isRepeated: true), Field(14, "droppedLinksCount", .uint32),
            Field(15, "status", .message(.status)), Field(16, "flags", .fixed32),
        ],
        .event: [
            Field(1, "timeUnixNano", .fixed64), Field(2, "name", .text), attributes(3),
            Field(4, "droppedAttributesCount", .uint32),
        ],
        .link: [
            Field(1, "traceId", .identifier), Field(2, "spanId", .identifier), Field(3, "traceState", .text),
            attributes(4), Field(5, "droppedAttributesCount", .uint32), Field(6, "flags", .fixed32),
        ],
        .status: [Field(2, "message", .text), Field(3, "code", .enumeration(.statusCode))],
        .keyValue: [Field(1, "key", .text), Field(2, "value", .message(.anyValue))],
        .anyValue: [
            Field(1, "stringValue", .text), Field(2, "boolValue", .bool), Field(3, "intValue", .int64),
            Field(4, "doubleValue", .double), Field(5, "arrayValue", .message(.arrayValue)),
            Field(6, "kvlistValue", .message(.keyValueList)), Field(7, "bytesValue", .bytes),
        ],
        .arrayValue: [Field(1, "values", .message(.anyValue), isRepeated: true)],
        .keyValueList: [Field(1, "values", .message(.keyValue), isRepeated: true)],
    ]
}
