import Engine

/// A span as it stands on the wire: ranges of the body where its parts are.
struct WireSpan {
    var traceID: Range<Int> = 0..<0
    var spanID: Range<Int> = 0..<0
    var parentID: Range<Int> = 0..<0
    var name: Range<Int> = 0..<0
    var kind: Int32 = 0
    /// Unix nanoseconds.
    var start: UInt64 = 0
    var end: UInt64 = 0
    var status: Int32 = 0
    var attributes = SpanAttributes()

    /// Adds the span to a batch, or counts there why it can't be taken.
    @inline(__always)
    func append(_ body: RawSpan, from origin: SpanOrigin, to batch: inout SpanBatch) {
        guard traceID.count == 16 else { return batch.reject(.invalidTraceID) }
        guard spanID.count == 8 else { return batch.reject(.invalidSpanID) }
        let traceHigh = Self.bigEndian(body, at: traceID.lowerBound)
        let traceLow = Self.bigEndian(body, at: traceID.lowerBound &+ 8)
        guard traceHigh | traceLow != 0 else { return batch.reject(.invalidTraceID) }
        let spanID = Self.bigEndian(body, at: spanID.lowerBound)
        guard spanID != 0 else { return batch.reject(.invalidSpanID) }
        guard parentID.isEmpty || parentID.count == 8 else { return batch.reject(.invalidParentSpanID) }
        let parentID = parentID.isEmpty ? 0 : Self.bigEndian(body, at: parentID.lowerBound)
        let latest = UInt64(Int64.max)
        guard start > 0, end > 0, start <= latest, end <= latest else { return batch.reject(.invalidTime) }
        guard end >= start else { return batch.reject(.endBeforeStart) }

        let kind = SpanKind(rawValue: UInt8(truncatingIfNeeded: max(0, min(kind, 255)))) ?? .unspecified
        let isError = attributes.isError || status == SpanStatus.errorCode
        var request: UInt16 = 0
        var isLongRunning = false
        if kind == .server, origin.isAPIServer {
            (request, isLongRunning) = appendRequest(body, to: &batch)
        }
        batch.append(
            SpanRow(
                traceHigh: traceHigh, traceLow: traceLow, spanID: spanID, parentID: parentID,
                start: Int64(start), duration: Int64(end &- start),
                operation: batch.operation(service: origin.service, name: body.extracting(name), kind: kind),
                request: request, flags: SpanFlags(isError: isError, isLongRunning: isLongRunning)))
    }

    /// The request labels of an API server's SERVER span: from its path, or from its name where it has none.
    @inline(never)
    private func appendRequest(
        _ body: RawSpan, to batch: inout SpanBatch
    ) -> (request: UInt16, isLongRunning: Bool) {
        let source = RequestSource(self, body)
        let target = body.extracting(source.target)
        let request = APIServerRequest.parse(
            method: body.extracting(source.method), target: target, query: body.extracting(attributes.query))
        return (batch.request(request, in: target), request.isLongRunning)
    }

    @inline(__always)
    private static func bigEndian(_ body: RawSpan, at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe body.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// Where a request's method and path stand. From Kubernetes 1.31 on the span's name has both, as a template:
/// `GET /api/v1/namespaces/{:namespace}/pods/{:name}`.
private struct RequestSource {
    var method: Range<Int>
    var target: Range<Int>

    init(_ span: WireSpan, _ body: RawSpan) {
        method = span.attributes.method
        // `http.target` has the query, which alone tells a watch from a list.
        target = span.attributes.target.isEmpty ? span.attributes.path : span.attributes.target
        var space = span.name.lowerBound
        while space < span.name.upperBound, Self.byte(body, space) != UInt8(ascii: " ") { space += 1 }
        if method.isEmpty { method = span.name.lowerBound..<space }
        if target.isEmpty, space + 1 < span.name.upperBound,
            Self.byte(body, space + 1) == UInt8(ascii: "/")
        {
            target = space + 1..<span.name.upperBound
        }
    }

    private static func byte(_ body: RawSpan, _ offset: Int) -> UInt8 {
        unsafe body.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
