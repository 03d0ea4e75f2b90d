import OTLP

/// The subset of OTLP/JSON that Jaeger can represent; `OTLPMessage` has the full schema.
struct OTLPDocument: Codable {
    var resourceSpans: [ResourceSpans]?

    struct ResourceSpans: Codable {
        var resource: Resource?
        var scopeSpans: [ScopeSpans]?
    }

    struct Resource: Codable {
        var attributes: [Attribute]?
    }

    struct ScopeSpans: Codable {
        var scope: Scope?
        var spans: [Span]?
    }

    struct Scope: Codable {
        var name: String?
        var version: String?
    }

    struct Span: Codable {
        var traceId: String?
        var spanId: String?
        var traceState: String?
        var parentSpanId: String?
        var name: String?
        var kind: Int?
        var startTimeUnixNano: String?
        var endTimeUnixNano: String?
        var attributes: [Attribute]?
        var events: [Event]?
        var links: [Link]?
        var status: Status?
    }

    struct Event: Codable {
        var timeUnixNano: String?
        var name: String?
        var attributes: [Attribute]?
    }

    struct Link: Codable {
        var traceId: String?
        var spanId: String?
    }

    struct Status: Codable {
        var message: String?
        var code: Int?
    }

    struct Attribute: Codable {
        var key: String?
        var value: Value?
    }

    /// Nested values stay text, as in Jaeger.
    struct Value: Codable {
        var stringValue: String?
        var boolValue: Bool?
        var intValue: String?
        var doubleValue: Number?
        var arrayValue: List?
        var kvlistValue: Pairs?
        var bytesValue: String?
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
