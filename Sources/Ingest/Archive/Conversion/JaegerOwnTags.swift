import OTLP
import Support

/// The values that Jaeger stores in tags but OTLP in fields.
struct JaegerOwnTags {
    private(set) var kind = 0
    private(set) var status = 0
    private(set) var statusText: [UInt8]?
    private(set) var traceState: [UInt8]?
    private(set) var scopeName: [UInt8]?
    private(set) var scopeVersion: [UInt8]?

    init(_ tags: [JaegerTrace.Tag]) {
        var isError = false
        // Reversed, so that the first tag of a name wins.
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

    /// Whether an OTLP field replaces the tag.
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
