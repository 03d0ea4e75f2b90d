/// A span on its way into the order of event time, with its names by number: 64 bytes, so that to move one costs one line
/// of a cache.
package struct OrderedSpan: BitwiseCopyable, Sendable {
    var traceHigh: UInt64 = 0
    var traceLow: UInt64 = 0
    var spanID: UInt64 = 0
    var parentID: UInt64 = 0
    /// Unix nanoseconds.
    var start: Int64 = 0
    /// Nanoseconds, never negative.
    var duration: Int64 = 0
    /// Its number in `OrderedNames`.
    var operation: UInt32 = 0
    /// The number of its request labels plus one; 0 for spans that are no request to the API server.
    var request: UInt32 = 0
    /// `LatencyBucket` code of the duration.
    var bucket: UInt16 = 0
    var flags: UInt8 = 0

    /// Of a row that has none yet.
    package init() {}

    @inline(__always)
    init(_ row: SpanRow, bucket: UInt16, operation: UInt32, request: UInt32) {
        traceHigh = row.traceHigh
        traceLow = row.traceLow
        spanID = row.spanID
        parentID = row.parentID
        start = row.start
        duration = row.duration
        self.operation = operation
        self.request = request
        self.bucket = bucket
        flags = row.flags.rawValue
    }

    /// Unix nanoseconds.
    @inline(__always) package var end: Int64 { start &+ duration }
}

extension OrderedSpan {
    /// The one order of all spans: by end, then trace id, then span id, then everything else that is known of a span.
    /// Names count by their bytes, so that the order is the same in whatever order the spans came.
    package static func isBefore(_ a: OrderedSpan, _ b: OrderedSpan, _ names: borrowing OrderedNames) -> Bool {
        if a.end != b.end { return a.end < b.end }
        if a.traceHigh != b.traceHigh { return a.traceHigh < b.traceHigh }
        if a.traceLow != b.traceLow { return a.traceLow < b.traceLow }
        if a.spanID != b.spanID { return a.spanID < b.spanID }
        if a.parentID != b.parentID { return a.parentID < b.parentID }
        if a.start != b.start { return a.start < b.start }
        if a.flags != b.flags { return a.flags < b.flags }
        if a.operation != b.operation { return names.isOperation(a.operation, before: b.operation) }
        return a.request != b.request && names.isRequest(a.request, before: b.request)
    }
}
