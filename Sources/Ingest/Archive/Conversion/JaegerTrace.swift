import OTLP
import Support

/// A trace from Jaeger's query API, without the parts that couldn't be read.
///
/// Source: jaeger `internal/uimodel/model.go`.
struct JaegerTrace {
    var spans: [Span] = []
    var processes: [String: Process] = [:]

    struct Span {
        /// 16 bytes. Taken from the trace if the span has none.
        var traceID: [UInt8]?
        var spanID: [UInt8]
        var parentSpanID: [UInt8]?
        var name: [UInt8] = []
        var references: [Reference] = []
        /// Unix nanoseconds.
        var start: UInt64
        var end: UInt64
        var tags: [Tag] = []
        var logs: [Log] = []
        var processID: String?
        var process: Process?
    }

    struct Reference {
        /// nil for the span's own trace.
        var traceID: [UInt8]?
        var spanID: [UInt8]
        var isChildOf: Bool
    }

    struct Process: Hashable {
        var service: [UInt8]?
        var tags: [Tag] = []
    }

    struct Log {
        /// Unix nanoseconds.
        var time: UInt64
        var fields: [Tag]
    }

    struct Tag: Hashable {
        var key: [UInt8]
        var value: Value

        var keyText: String { String(decoding: key, as: UTF8.self) }
    }

    enum Value: Hashable {
        case text([UInt8])
        case bool(Bool)
        case integer(Int64)
        case double(Double)
        case binary([UInt8])

        /// Converts the value to the tag's type. Keeps the JSON type if the conversion fails or the tag's type is
        /// unknown.
        init(_ scalar: JSONScalar, type: String?) {
            let own = Self(scalar)
            switch type {
            case "string": self = .text(scalar.text)
            case "bool": self = Bool(scalar.string).map { .bool($0) } ?? own
            case "int64": self = scalar.integer.map { .integer($0) } ?? own
            case "float64": self = scalar.double.map { .double($0) } ?? own
            case "binary":
                guard case .text(let text) = scalar, let bytes = Base64.bytes(text) else { fallthrough }
                self = .binary(bytes)
            default: self = own
            }
        }

        private init(_ scalar: JSONScalar) {
            switch scalar {
            case .text(let text): self = .text(text)
            case .bool(let value): self = .bool(value)
            case .number(let text):
                self = scalar.integer.map { .integer($0) } ?? scalar.double.map { .double($0) } ?? .text(text)
            }
        }
    }

    /// Parses an id in either case, with or without leading zeros; nil if it is invalid.
    static func id(_ scalar: JSONScalar?, bytes count: Int) -> [UInt8]? {
        guard case .text(let digits) = scalar, !digits.isEmpty, digits.count <= 2 * count else { return nil }
        return Hex.bytes([UInt8](repeating: UInt8(ascii: "0"), count: 2 * count - digits.count) + digits)
    }
}

extension JaegerTrace {
    /// An id of OTLP as Jaeger writes it: 16 digits where the upper half is zero.
    static func id(ofOTLP text: String?) -> String {
        let text = text ?? ""
        return text.utf8.count == 32 && text.hasPrefix("0000000000000000") ? String(text.suffix(16)) : text
    }
}

/// Span kinds as named in Jaeger's `span.kind` tag.
enum JaegerKind {
    private static let names = ["", "internal", "server", "client", "producer", "consumer"]

    /// 0 if the name is unknown.
    static func number(_ name: String) -> Int { names.firstIndex(of: name) ?? 0 }

    static func name(_ number: Int) -> String? { number > 0 && number < names.count ? names[number] : nil }
}

extension JaegerTrace.Value {
    /// As Jaeger's UI shows it.
    var text: [UInt8] {
        switch self {
        case .text(let text): text
        case .bool(let value): Array("\(value)".utf8)
        case .integer(let value): Array("\(value)".utf8)
        case .double(let value): Array("\(value)".utf8)
        case .binary(let bytes): Base64.text(bytes)
        }
    }
}
