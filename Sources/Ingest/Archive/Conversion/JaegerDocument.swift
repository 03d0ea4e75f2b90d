import Foundation
import OTLP

/// Jaeger's JSON, as written for its UI.
///
/// Source: jaeger `internal/uimodel/model.go`.
struct JaegerDocument: Encodable {
    var data: [Trace]
    // What clients of the query API expect around the traces.
    let total = 0
    let limit = 0
    let offset = 0
    var errors: JaegerProblems

    struct Trace: Encodable {
        var traceID: String
        var spans: [Span]
        var processes: [String: Process]
        let warnings = JSONNull()
    }

    struct Span: Encodable {
        var traceID: String
        var spanID: String
        var parentSpanID: String?
        var operationName: String
        var references: [Reference]?
        /// Unix microseconds.
        var startTime: UInt64
        /// Microseconds.
        var duration: UInt64
        var tags: [Tag]?
        var logs: [Log]?
        var processID: String?
        var process: Process?
        let warnings = JSONNull()
    }

    struct Reference: Encodable {
        var refType: String
        var traceID: String
        var spanID: String
    }

    struct Process: Encodable, Hashable {
        var serviceName: String
        var tags: [Tag]?
    }

    struct Log: Encodable {
        /// Unix microseconds.
        var timestamp: UInt64
        var fields: [Tag]
    }

    struct Tag: Encodable, Hashable {
        var key: String
        var type: String
        var value: TagValue
    }

    enum TagValue: Encodable, Hashable {
        case text(String)
        case bool(Bool)
        case integer(Int64)
        case number(Double)

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

/// A field that is there and null.
package struct JSONNull: Encodable {
    package init() {}

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encodeNil()
    }
}
