import Engine

/// The few span attributes that we need, in every dialect of the semantic conventions, as ranges of the body.
struct SpanAttributes {
    /// Whether the HTTP status is ≥ 500 or the gRPC code counts as an error.
    var isError = false
    var method: Range<Int> = 0..<0
    /// Path and query together (`http.target`).
    var target: Range<Int> = 0..<0
    /// `url.path` and `url.query`.
    var path: Range<Int> = 0..<0
    var query: Range<Int> = 0..<0
    /// Which webhook is called (`webhook`, `configuration`).
    var webhook: Range<Int> = 0..<0
    var configuration: Range<Int> = 0..<0
    /// Of the attributes that were noted.
    private(set) var dialects = AttributeDialects()

    /// Records an attribute if it is one of the few.
    @inline(__always)
    mutating func note(_ attribute: UsualAttribute, in reader: WireReader) throws(DecodeError) {
        if Self.mayBeKnown(attribute) { try noteUsual(attribute, in: reader) }
    }

    /// Rules out nearly all other keys by their first letter and length.
    @inline(__always)
    private static func mayBeKnown(_ attribute: UsualAttribute) -> Bool {
        // Bit sets: the lengths 7, 8, 9, 11, 13, 16, 19, 20, 24, 25 and the letters c, h, r, u, w.
        let lengths: UInt64 = 0x0319_2B80
        let letters: UInt64 = 0x00A4_0108
        return (lengths &>> UInt64(attribute.shape)) & (letters &>> UInt64(attribute.shape &>> 8 & 31)) & 1 == 1
    }

    @inline(never)
    private mutating func noteUsual(_ attribute: UsualAttribute, in reader: WireReader) throws(DecodeError) {
        let key = unsafe Range(uncheckedBounds: (attribute.key, attribute.keyEnd))
        try note(Attribute(key: key, value: reader.value(of: attribute)), in: reader.bytes)
    }

    /// Reads an attribute of any shape and records it if it is one of the few.
    @inline(never)
    mutating func read(_ message: WireReader) throws(DecodeError) {
        try note(Attribute.read(message), in: message.bytes)
    }

    @inline(__always)
    private mutating func note(_ attribute: Attribute, in bytes: RawSpan) {
        let (key, value) = (bytes.extracting(attribute.key), attribute.value)
        // Of each length there are one or two, so that a key is compared with these only.
        switch key.byteCount {
        case 7, 13: noteWebhook(attribute, in: bytes)
        case 8 where ASCII.equals(key, "url.path"):
            Self.keep(value, in: &path)
            dialects.add(.newer)
        case 9 where ASCII.equals(key, "url.query"):
            Self.keep(value, in: &query)
            dialects.add(.newer)
        case 11 where ASCII.equals(key, "http.method"):
            Self.keep(value, in: &method)
            dialects.add(.older)
        case 11 where ASCII.equals(key, "http.target"):
            Self.keep(value, in: &target)
            dialects.add(.older)
        case 16 where ASCII.equals(key, "http.status_code"):
            noteHTTPStatus(value, in: bytes)
            dialects.add(.older)
        case 19 where ASCII.equals(key, "http.request.method"):
            Self.keep(value, in: &method)
            dialects.add(.newer)
        case 20 where ASCII.equals(key, "rpc.grpc.status_code"):
            noteGRPCCode(value, in: bytes)
            dialects.add(.older)
        case 24 where ASCII.equals(key, "rpc.response.status_code"):
            noteGRPCCode(value, in: bytes)
            dialects.add(.newer)
        case 25 where ASCII.equals(key, "http.response.status_code"):
            noteHTTPStatus(value, in: bytes)
            dialects.add(.newer)
        default: break
        }
    }

    /// Few spans have these. (With two more keys compared in it, the function above would no longer be compiled in one piece.)
    @inline(never)
    private mutating func noteWebhook(_ attribute: Attribute, in bytes: RawSpan) {
        let key = bytes.extracting(attribute.key)
        if ASCII.equals(key, "webhook") { Self.keep(attribute.value, in: &webhook) }
        if ASCII.equals(key, "configuration") { Self.keep(attribute.value, in: &configuration) }
    }

    private static func keep(_ value: AttributeValue, in kept: inout Range<Int>) {
        if case .text(let range) = value { kept = range }
    }

    private mutating func noteHTTPStatus(_ value: AttributeValue, in bytes: RawSpan) {
        switch value {
        case .integer(let status): isError = isError || SpanStatus.isHTTPError(status)
        case .text(let range): isError = isError || SpanStatus.isHTTPError(bytes.extracting(range))
        case .other: break
        }
    }

    private mutating func noteGRPCCode(_ value: AttributeValue, in bytes: RawSpan) {
        switch value {
        case .integer(let code): isError = isError || SpanStatus.isGRPCError(code)
        case .text(let range): isError = isError || SpanStatus.isGRPCError(bytes.extracting(range))
        case .other: break
        }
    }
}
