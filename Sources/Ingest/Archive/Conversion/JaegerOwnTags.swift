import OTLP
import Support

/// What Jaeger keeps among a span's tags and OTLP has fields for.
struct JaegerOwnTags {
    private(set) var kind = 0
    private(set) var status = 0
    private(set) var statusText: [UInt8]?
    private(set) var traceState: [UInt8]?
    private(set) var scopeName: [UInt8]?
    private(set) var scopeVersion: [UInt8]?

    init(_ tags: [JaegerTrace.Tag]) {
        var isError = false
        // The first of a name counts.
        for tag in tags.reversed() {
            let text = tag.value.text
            switch tag.keyText {
            case "span.kind": kind = JaegerKind.number(String(decoding: text, as: UTF8.self).lowercased())
            case "otel.status_code": status = text == Self.error ? 2 : text == Self.ok ? 1 : 0
            case "otel.status_description": statusText = text
            case "w3c.tracestate": traceState = text
            case "otel.scope.name": scopeName = text
            case "otel.scope.version": scopeVersion = text
            case "error": isError = Self.isTrue(tag.value)
            default: break
            }
        }
        if isError { status = 2 }
    }

    /// Whether a field says what the tag does.
    func isOwn(_ tag: JaegerTrace.Tag) -> Bool {
        switch tag.keyText {
        case "span.kind": kind != 0
        case "otel.status_code": status != 0
        case "otel.status_description": status != 0
        case "w3c.tracestate", "otel.scope.name", "otel.scope.version": true
        case "error": Self.isTrue(tag.value)
        default: false
        }
    }

    private static let error = Array("ERROR".utf8)
    private static let ok = Array("OK".utf8)

    private static func isTrue(_ value: JaegerTrace.Value) -> Bool {
        value == .bool(true) || value == .text(Array("true".utf8))
    }
}

/// Kinds of spans as Jaeger's tag has them.
enum JaegerKind {
    private static let names = ["", "internal", "server", "client", "producer", "consumer"]

    /// 0 for a name that isn't one of them.
    static func number(_ name: String) -> Int { names.firstIndex(of: name) ?? 0 }

    static func name(_ number: Int) -> String? { number > 0 && number < names.count ? names[number] : nil }
}

extension JaegerTrace.Value {
    /// As Jaeger's page shows it.
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
