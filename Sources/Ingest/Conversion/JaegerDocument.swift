/// Jaeger's JSON, as its page saves and its query API answers.
///
/// Source: jaeger `internal/uimodel/model.go`.
struct JaegerDocument: Codable {
    var data: [Trace]

    struct Trace: Codable {
        var traceID: String
        var spans: [Span]
        var processes: [String: Process]
    }

    struct Span: Codable {
        var traceID: String
        var spanID: String
        var parentSpanID: String?
        var operationName: String
        var references: [Reference]?
        /// Microseconds since the epoch.
        var startTime: UInt64
        /// Microseconds.
        var duration: UInt64
        var tags: [Tag]?
        var logs: [Log]?
        var processID: String?
        var process: Process?
    }

    struct Reference: Codable {
        var refType: String
        var traceID: String
        var spanID: String
    }

    struct Process: Codable, Hashable {
        var serviceName: String
        var tags: [Tag]?
    }

    struct Log: Codable {
        /// Microseconds since the epoch.
        var timestamp: UInt64
        var fields: [Tag]
    }

    struct Tag: Codable, Hashable {
        var key: String
        var type: String
        var value: TagValue
    }

    enum TagValue: Codable, Hashable {
        case text(String)
        case bool(Bool)
        case integer(Int64)
        case number(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? container.decode(Int64.self) {
                self = .integer(value)
            } else if let value = try? container.decode(Double.self) {
                self = .number(value)
            } else {
                self = .text(container.decodeNil() ? "" : try container.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let value): try container.encode(value)
            case .bool(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .number(let value): try container.encode(value)
            }
        }

        var text: String {
            switch self {
            case .text(let value): value
            case .bool(let value): "\(value)"
            case .integer(let value): "\(value)"
            case .number(let value): "\(value)"
            }
        }
    }
}
