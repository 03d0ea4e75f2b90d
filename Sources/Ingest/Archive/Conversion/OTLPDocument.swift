import OTLP

/// The subset of OTLP/JSON that Jaeger can represent; `OTLPMessage` has the full schema.
package struct OTLPDocument: Codable {
    package var resourceSpans: [ResourceSpans]?

    package struct ResourceSpans: Codable {
        package var resource: Resource?
        package var scopeSpans: [ScopeSpans]?
    }

    package struct Resource: Codable {
        package var attributes: [Attribute]?
    }

    package struct ScopeSpans: Codable {
        package var scope: Scope?
        package var spans: [Span]?
    }

    package struct Scope: Codable {
        package var name: String?
        var version: String?
    }

    package struct Span: Codable {
        package var traceId: String?
        package var spanId: String?
        var traceState: String?
        package var parentSpanId: String?
        package var name: String?
        package var kind: Int?
        package var startTimeUnixNano: String?
        package var endTimeUnixNano: String?
        package var attributes: [Attribute]?
        package var events: [Event]?
        package var links: [Link]?
        package var status: Status?
    }

    package struct Event: Codable {
        package var timeUnixNano: String?
        package var name: String?
        package var attributes: [Attribute]?
    }

    package struct Link: Codable {
        package var traceId: String?
        package var spanId: String?
    }

    package struct Status: Codable {
        package var message: String?
        package var code: Int?
    }

    package struct Attribute: Codable {
        package var key: String?
        package var value: Value?
    }

    /// Nested values stay text, as in Jaeger.
    package struct Value: Codable {
        package var stringValue: String?
        var boolValue: Bool?
        var intValue: String?
        var doubleValue: Number?
        var arrayValue: List?
        var kvlistValue: Pairs?
        package var bytesValue: String?
    }

    struct List: Codable {
        var values: [Value]?
    }

    struct Pairs: Codable {
        var values: [Attribute]?
    }

    /// A number, or the name of one that JSON can't write.
    enum Number: Codable {
        case value(Double)
        case name(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Double.self) {
                self = .value(value)
            } else {
                self = .name(try container.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .value(let value): try container.encode(value)
            case .name(let name): try container.encode(name)
            }
        }
    }
}
