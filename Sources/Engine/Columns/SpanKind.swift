/// The role of a span in its trace, numbered as on the wire (OTLP `Span.kind`).
@usableFromInline
package enum SpanKind: UInt8, Sendable, CaseIterable {
    case unspecified = 0
    case `internal` = 1
    case server = 2
    case client = 3
    case producer = 4
    case consumer = 5

    /// The kind of a number on the wire; unspecified where OTLP knows none.
    @inlinable @inline(__always)
    package init(wire number: Int32) {
        switch number {
        case 1: self = .internal
        case 2: self = .server
        case 3: self = .client
        case 4: self = .producer
        case 5: self = .consumer
        default: self = .unspecified
        }
    }

    @inlinable @inline(__always) package var isServer: Bool {
        if case .server = self { true } else { false }
    }

    /// The name used on every outside surface, e.g. `SERVER`.
    package var name: String {
        switch self {
        case .unspecified: "UNSPECIFIED"
        case .internal: "INTERNAL"
        case .server: "SERVER"
        case .client: "CLIENT"
        case .producer: "PRODUCER"
        case .consumer: "CONSUMER"
        }
    }
}
