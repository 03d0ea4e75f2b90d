/// The fields of a span that attribution needs: 40 bytes.
struct TraceSpan: BitwiseCopyable, Sendable {
    let spanID: UInt64
    /// 0 if the span has no parent.
    let parentID: UInt64
    /// Unix nanoseconds.
    let start: Int64
    let end: Int64
    /// The window's number of its operation.
    let operation: UInt16
    /// The number of its request labels plus one; 0 if the span isn't an API request.
    let request: UInt16
    /// 24 bits of row and 8 of `SpanFlags`; a slot has no more rows than that.
    private let rowAndFlags: UInt32

    /// Replaces the row of a span of another slot.
    static let elsewhere = Slot.rowsMax

    @inline(__always)
    init(_ span: SpanRow, row: Int) {
        spanID = span.spanID
        parentID = span.parentID
        start = span.start
        end = span.start &+ span.duration
        operation = span.operation
        request = span.request
        rowAndFlags = UInt32(truncatingIfNeeded: row) &<< 8 | UInt32(span.flags.rawValue)
    }

    /// Its row in the slot being attributed.
    @inline(__always) var row: Int { Int(rowAndFlags &>> 8) }
    @inline(__always) var isHere: Bool { row != Self.elsewhere }
    @inline(__always) var flags: SpanFlags { SpanFlags(rawValue: UInt8(truncatingIfNeeded: rowAndFlags)) }
    @inline(__always) var duration: Int64 { end &- start }

    /// Whether it is a request of this slot, and not long-running.
    @inline(__always) var isRequestHere: Bool { request > 0 && !flags.isLongRunning && isHere }
    @inline(__always) var isLongRunningRequestHere: Bool { request > 0 && flags.isLongRunning && isHere }

    /// The order of siblings; the later of two that cover an instant owns it. Later is the one that started last, then
    /// the one that ends first, then the one with the smaller id.
    @inline(__always)
    static func isBefore(_ a: TraceSpan, _ b: TraceSpan) -> Bool {
        if a.start != b.start { return a.start < b.start }
        if a.end != b.end { return a.end > b.end }
        return a.spanID > b.spanID
    }
}
