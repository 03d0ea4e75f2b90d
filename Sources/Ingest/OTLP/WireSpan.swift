import Engine
import Support

/// The fields of a span while it is being read.
struct WireSpan: ~Copyable {
    /// Ids are big-endian numbers. An id of the wrong length becomes 0, which is invalid.
    var traceHigh: UInt64 = 0
    var traceLow: UInt64 = 0
    var spanID: UInt64 = 0
    var parentID: UInt64 = 0
    var isParentIDValid = true
    /// Range in the body.
    var name: Range<Int> = 0..<0
    var kind: Int32 = 0
    /// Unix nanoseconds.
    var start: UInt64 = 0
    var end: UInt64 = 0
    var status: Int32 = 0
    /// Of the status; range in the body.
    var statusMessage: Range<Int> = 0..<0
    /// Range in the body.
    var traceState: Range<Int> = 0..<0

    /// Starts from the head that the fast path read, if it did.
    @inline(__always)
    init(head: SpanHead?) {
        guard let head else { return }
        traceHigh = head.traceHigh
        traceLow = head.traceLow
        spanID = head.spanID
        parentID = head.parentID
        name = head.name
        kind = head.kind
        start = head.start
        end = head.end
    }

    /// Reads the next field of the message.
    ///
    /// - Returns: the offset after it.
    @inline(never)
    mutating func readField(_ message: WireReader, _ attributes: inout SpanAttributes) throws(DecodeError) -> Int {
        var reader = message
        let tag = try reader.tag()
        switch tag {
        case 0x0A: setTraceID(try reader.range(), in: reader.bytes)
        case 0x12: spanID = Self.spanID(try reader.range(), in: reader.bytes) ?? 0
        case 0x22: setParentID(try reader.range(), in: reader.bytes)
        case 0x2A: name = try reader.range()
        case 0x30: kind = try Int32(truncatingIfNeeded: reader.varint())
        case 0x39: start = try reader.fixed64()
        case 0x41: end = try reader.fixed64()
        case 0x4A: try attributes.read(reader.message())
        case 0x5A: try SpanDecoder.checkEventFields(reader.message())
        case 0x6A: try SpanDecoder.checkLink(reader.message())
        case 0x7A: try readStatus(reader.message())
        case 0x1A: traceState = try reader.range()
        case 0x50, 0x60, 0x70: _ = try reader.varint()
        case 0x85: try reader.skip(4)
        default: try reader.skipOther(tag, known: 0x1_FFFE)
        }
        return reader.offset
    }

    private mutating func readStatus(_ message: WireReader) throws(DecodeError) {
        var reader = message
        while !reader.isAtEnd {
            let tag = try reader.tag()
            switch tag {
            case 0x18: status = try Int32(truncatingIfNeeded: reader.varint())
            case 0x12: statusMessage = try reader.range()
            default: try reader.skipOther(tag, known: 0b1100)
            }
        }
    }

    private mutating func setTraceID(_ range: Range<Int>, in body: RawSpan) {
        let isUsual = range.count == 16
        traceHigh = isUsual ? Self.bigEndian(body, at: range.lowerBound) : 0
        traceLow = isUsual ? Self.bigEndian(body, at: range.lowerBound &+ 8) : 0
    }

    private mutating func setParentID(_ range: Range<Int>, in body: RawSpan) {
        let id = Self.spanID(range, in: body)
        parentID = id ?? 0
        isParentIDValid = id != nil || range.isEmpty
    }

    /// nil if the id isn't eight bytes long.
    private static func spanID(_ range: Range<Int>, in body: RawSpan) -> UInt64? {
        range.count == 8 ? bigEndian(body, at: range.lowerBound) : nil
    }

    /// Adds the span to a batch, or counts there why it is rejected.
    @inline(never)
    mutating func append(
        _ body: RawSpan, _ attributes: inout SpanAttributes, from origin: SpanOrigin, to batch: inout SpanBatch
    ) {
        guard traceHigh | traceLow != 0 else { return batch.reject(.invalidTraceID) }
        guard spanID != 0 else { return batch.reject(.invalidSpanID) }
        guard isParentIDValid else { return batch.reject(.invalidParentSpanID) }
        guard start > 0, end > 0, let begin = TimeLimits.time(start), let end = TimeLimits.time(end) else {
            return batch.reject(.invalidTime)
        }
        guard end >= begin else { return batch.reject(.endBeforeStart) }
        guard end - begin <= TimeLimits.longestSpan else { return batch.reject(.tooLong) }

        let kind = SpanKind(wire: kind)
        let operation = batch.operation(service: origin.service, name: body.extracting(name), kind: kind)
        let isError = attributes.isError || SpanStatus.isError(status)
        var request: UInt16 = 0
        var isLongRunning = false
        if origin.isAPIServer, kind.isServer {
            (request, isLongRunning) = readRequest(body, &attributes, from: origin, of: operation, into: &batch)
        }
        var flags = SpanFlags(isError: isError, isLongRunning: isLongRunning)
        // Verdicts quote API servers, and name the webhooks that they call.
        if origin.isAPIServer {
            if !attributes.webhook.isEmpty {
                flags.message = batch.webhook(
                    body.extracting(attributes.webhook), configuration: body.extracting(attributes.configuration))
            } else if isError {
                flags.message = batch.message(body.extracting(statusMessage))
            }
        }
        batch.append(
            SpanRow(
                traceHigh: traceHigh, traceLow: traceLow, spanID: spanID, parentID: parentID,
                start: begin, duration: end - begin,
                operation: operation, request: request, source: origin.source, flags: flags))
        batch.note(attributes.dialects, of: origin.source)
        if parentID == 0, !traceState.isEmpty, let threshold = TraceState.threshold(body.extracting(traceState)) {
            batch.note(threshold: threshold, of: origin.source)
        }
    }

    /// The request labels of an API server's SERVER span, from its path or, without one, from its name.
    ///
    /// - Parameter attributes: aren't changed; but passed by value they would be copied.
    @inline(never)
    private func readRequest(
        _ body: RawSpan, _ attributes: inout SpanAttributes, from origin: SpanOrigin, of operation: UInt16,
        into batch: inout SpanBatch
    ) -> (request: UInt16, isLongRunning: Bool) {
        // Prefer `http.target`: it has the query, and only the query tells a watch from a list.
        let path = attributes.target.isEmpty ? attributes.path : attributes.target
        let name = RequestName(body, name)
        let method = attributes.method.isEmpty ? name.method : attributes.method
        let target = path.isEmpty ? name.template : path
        // A span whose name contradicts its attributes has the labels that its attributes tell.
        guard let end = name.match(body, method, target) else {
            let query = RequestQuery(target: body.extracting(target), query: body.extracting(attributes.query))
            return Self.request(
                body.extracting(method), body.extracting(target), query, from: origin, of: nil, into: &batch)
        }
        let query = RequestQuery(
            ownQuery: body.extracting(min(end + 1, target.upperBound)..<target.upperBound),
            query: body.extracting(attributes.query))
        if let known = batch.knownRequest(of: operation, query: query) { return known }
        let template = name.isOfOneResource(body, query) ? operation : nil
        return Self.request(
            body.extracting(method), body.extracting(target), query, from: origin, of: template, into: &batch)
    }

    private static func request(
        _ method: RawSpan, _ target: RawSpan, _ query: RequestQuery, from origin: SpanOrigin,
        of operation: UInt16?, into batch: inout SpanBatch
    ) -> (request: UInt16, isLongRunning: Bool) {
        guard let decoded = RequestPath.decoded(target) else {
            return read(method, target, query, from: origin, of: operation, into: &batch)
        }
        return unsafe read(method, decoded.span.bytes, query, from: origin, of: operation, into: &batch)
    }

    private static func read(
        _ method: RawSpan, _ target: RawSpan, _ query: RequestQuery, from origin: SpanOrigin,
        of operation: UInt16?, into batch: inout SpanBatch
    ) -> (request: UInt16, isLongRunning: Bool) {
        let request = APIServerRequest.parse(method: method, target: target, query: query)
        return (
            batch.request(request, in: target, cluster: origin.cluster, of: operation, query: query),
            request.isLongRunning
        )
    }

    @inline(__always)
    private static func bigEndian(_ body: RawSpan, at offset: Int) -> UInt64 {
        UInt64(bigEndian: unsafe body.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// The parts of a request span's name. Since Kubernetes 1.31 it holds the method and the path as a template: `GET
/// /api/v1/namespaces/{:namespace}/pods/{:name}`. In older versions, and for non-resource paths, it holds at most the
/// method.
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

    /// Whether the name has the request's method and the template of its path: then returns the end of the path.
    @inline(__always)
    func match(_ body: RawSpan, _ method: Range<Int>, _ target: Range<Int>) -> Int? {
        guard !template.isEmpty, ByteHash.equal(body.extracting(self.method), body.extracting(method)) else {
            return nil
        }
        return PathTemplate.match(body, template, target)
    }

    /// Whether the template names a single resource, so that all spans of that name have the same labels.
    func isOfOneResource(_ body: RawSpan, _ query: RequestQuery) -> Bool {
        let template = body.extracting(template)
        return APIServerRequest.parse(method: body.extracting(method), target: template, query: query)
            .isNamed(in: template)
    }

    private static func byte(_ body: RawSpan, _ offset: Int) -> UInt8 {
        unsafe body.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
