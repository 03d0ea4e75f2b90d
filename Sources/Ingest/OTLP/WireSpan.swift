import Engine

/// A span as it stands on the wire: ranges of the body where its parts are.
struct WireSpan: ~Copyable {
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

        let kind = SpanKind(wire: kind)
        let operation = batch.operation(service: origin.service, name: body.extracting(name), kind: kind)
        let isError = attributes.isError || SpanStatus.isError(status)
        var request: UInt16 = 0
        var isLongRunning = false
        if origin.isAPIServer, kind.isServer {
            (request, isLongRunning) = readRequest(body, of: operation, into: &batch)
        }
        batch.append(
            SpanRow(
                traceHigh: traceHigh, traceLow: traceLow, spanID: spanID, parentID: parentID,
                start: Int64(start), duration: Int64(end &- start),
                operation: operation, request: request, flags: SpanFlags(isError: isError, isLongRunning: isLongRunning)
            ))
    }

    /// The request labels of an API server's SERVER span: from its path, or from its name where it has none.
    @inline(never)
    private func readRequest(
        _ body: RawSpan, of operation: UInt16, into batch: inout SpanBatch
    ) -> (request: UInt16, isLongRunning: Bool) {
        // `http.target` has the query, which alone tells a watch from a list.
        let path = attributes.target.isEmpty ? attributes.path : attributes.target
        let query = RequestQuery(target: body.extracting(path), query: body.extracting(attributes.query))
        if let known = batch.knownRequest(of: operation, query: query) { return known }
        let name = RequestName(body, name)
        let target = body.extracting(path.isEmpty ? name.template : path)
        let request = APIServerRequest.parse(
            method: body.extracting(attributes.method.isEmpty ? name.method : attributes.method), target: target,
            query: query)
        let column = batch.request(
            request, in: target, of: name.template.isEmpty ? nil : operation, query: query)
        return (column, request.isLongRunning)
    }

    @inline(__always)
    private static func bigEndian(_ body: RawSpan, at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe body.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// What the name of a request's span says. From Kubernetes 1.31 on it has the method and the path as a template,
/// `GET /api/v1/namespaces/{:namespace}/pods/{:name}`; before, and for paths that are no resource's, at most the method.
private struct RequestName {
    var method: Range<Int>
    var template: Range<Int>

    init(_ body: RawSpan, _ name: Range<Int>) {
        var space = name.lowerBound
        while space < name.upperBound, Self.byte(body, space) != UInt8(ascii: " ") { space += 1 }
        method = name.lowerBound..<space
        let hasTemplate = space + 1 < name.upperBound && Self.byte(body, space + 1) == UInt8(ascii: "/")
        template = hasTemplate ? space + 1..<name.upperBound : 0..<0
    }

    private static func byte(_ body: RawSpan, _ offset: Int) -> UInt8 {
        unsafe body.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
