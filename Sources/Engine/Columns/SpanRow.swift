import Support

/// The stored fields of one span.
@usableFromInline
package struct SpanRow: Equatable, Sendable {
    /// The 16 bytes of the trace id as two big-endian numbers.
    @usableFromInline package var traceHigh: UInt64
    @usableFromInline package var traceLow: UInt64
    @usableFromInline package var spanID: UInt64
    /// 0 if the span has no parent.
    @usableFromInline package var parentID: UInt64
    /// Unix time in nanoseconds.
    @usableFromInline package var start: Int64
    /// Nanoseconds, never negative.
    @usableFromInline package var duration: Int64
    /// The operation's number in the batch or the window.
    @usableFromInline package var operation: UInt16
    /// The number of the request labels plus one; 0 if the span isn't an API request.
    @usableFromInline package var request: UInt16
    /// The number of its source in the batch or the window.
    @usableFromInline package var source: UInt16
    @usableFromInline package var flags: SpanFlags

    @inlinable @inline(__always)
    package init(
        traceHigh: UInt64, traceLow: UInt64, spanID: UInt64, parentID: UInt64, start: Int64,
        duration: Int64, operation: UInt16, request: UInt16, source: UInt16, flags: SpanFlags
    ) {
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.spanID = spanID
        self.parentID = parentID
        self.start = start
        self.duration = duration
        self.operation = operation
        self.request = request
        self.source = source
        self.flags = flags
    }
}

/// Properties of a span, one bit each, and a number: in a batch that of its status message, in a window that of its cluster.
@usableFromInline
package struct SpanFlags: BitwiseCopyable, Equatable, Sendable {
    @usableFromInline var rawValue: UInt8

    @inlinable @inline(__always)
    package init(rawValue: UInt8 = 0) {
        self.rawValue = rawValue
    }

    @inlinable @inline(__always)
    package init(isError: Bool, isLongRunning: Bool = false) {
        rawValue = (isError ? Self.error : 0) | (isLongRunning ? Self.longRunning : 0)
    }

    @usableFromInline static let error: UInt8 = 1
    @usableFromInline static let longRunning: UInt8 = 2

    /// Failed by status, HTTP status or gRPC code (see `SpanStatus`).
    @inlinable @inline(__always) package var isError: Bool { rawValue & 1 != 0 }
    /// A request that lasts as long as its client wants, and is therefore left out of latency percentiles.
    @inlinable @inline(__always) package var isLongRunning: Bool { rawValue & 2 != 0 }

    static let numberBits = 6
    private static let numberShift: UInt8 = 2

    @inline(__always)
    private var number: UInt8 {
        get { rawValue &>> Self.numberShift }
        set { rawValue = properties | newValue &<< Self.numberShift }
    }

    /// Without the number.
    @inline(__always) var properties: UInt8 { rawValue & 3 }

    /// The number of its cluster in the window.
    @inline(__always)
    var cluster: UInt8 {
        get { number }
        set { number = newValue }
    }

    /// The number of its status message in the batch, plus one; 0 if it has none, or none was kept.
    @inline(__always)
    package var message: UInt8 {
        get { number }
        set { number = newValue }
    }

    /// Changes a trace id, so that equal ids in two clusters are two traces. 0 without a cluster.
    @inline(__always) var traceSalt: UInt64 { UInt64(cluster) &* 0x9E37_79B9_7F4A_7C15 }
}

/// A trace id: 16 bytes as two big-endian numbers.
package struct TraceID: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits; nil for anything else.
    package init?(hex: some StringProtocol) {
        guard hex.utf8.count == 32, hex.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }),
            let high = UInt64(hex.prefix(16), radix: 16), let low = UInt64(hex.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// 32 hexadecimal digits in lower case.
    package var hex: String { Hex.text(high) + Hex.text(low) }
}

/// The role of a span in its trace, numbered as on the wire (OTLP `Span.kind`).
@usableFromInline
package enum SpanKind: UInt8, Sendable, CaseIterable {
    case unspecified = 0
    case `internal` = 1
    case server = 2
    case client = 3
    case producer = 4
    case consumer = 5

    /// The kind of a number on the wire; unspecified if OTLP doesn't define it.
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

    /// The name that users see, such as `SERVER`.
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

/// Whether a span failed, in every dialect of HTTP and gRPC statuses on spans.
///
/// A span failed if its status is ERROR, its HTTP status is 500 or more, or its gRPC code is one that OpenTelemetry's
/// semantic conventions count as a server error.
@usableFromInline
package enum SpanStatus {
    /// OTLP `Status.code` ERROR.
    @inlinable @inline(__always)
    package static func isError(_ statusCode: Int32) -> Bool {
        statusCode == 2
    }

    package static func isHTTPError(_ status: Int64) -> Bool {
        status >= 500
    }

    /// An HTTP status written as text.
    package static func isHTTPError(_ text: RawSpan) -> Bool {
        ASCII.number(text).map { isHTTPError($0) } ?? false
    }

    /// Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss.
    package static func isGRPCError(_ code: Int64) -> Bool {
        switch code {
        case 2, 4, 12, 13, 14, 15: true
        default: false
        }
    }

    /// A gRPC code written as text: its number, or its name in either spelling (`DeadlineExceeded`,
    /// `DEADLINE_EXCEEDED`).
    package static func isGRPCError(_ text: RawSpan) -> Bool {
        if ASCII.equals(text, "OK") { return false }
        if let code = ASCII.number(text) { return isGRPCError(code) }
        return ASCII.equalsLoosely(text, "unknown") || ASCII.equalsLoosely(text, "deadlineexceeded")
            || ASCII.equalsLoosely(text, "unimplemented") || ASCII.equalsLoosely(text, "internal")
            || ASCII.equalsLoosely(text, "unavailable") || ASCII.equalsLoosely(text, "dataloss")
    }
}
