import Engine

/// The few attributes of a span that matter here, in every dialect, as they stand on the wire.
struct SpanAttributes {
    /// HTTP status ≥ 500 or a gRPC code that counts as an error.
    var isError = false
    var method: Range<Int> = 0..<0
    /// Path and query together (`http.target`).
    var target: Range<Int> = 0..<0
    /// `url.path` and `url.query`.
    var path: Range<Int> = 0..<0
    var query: Range<Int> = 0..<0

    // First letter and length of the known keys.
    private static let u8 = Attribute.shape(UInt8(ascii: "u"), 8)
    private static let u9 = Attribute.shape(UInt8(ascii: "u"), 9)
    private static let h11 = Attribute.shape(UInt8(ascii: "h"), 11)
    private static let h16 = Attribute.shape(UInt8(ascii: "h"), 16)
    private static let h19 = Attribute.shape(UInt8(ascii: "h"), 19)
    private static let r20 = Attribute.shape(UInt8(ascii: "r"), 20)
    private static let r24 = Attribute.shape(UInt8(ascii: "r"), 24)
    private static let h25 = Attribute.shape(UInt8(ascii: "h"), 25)

    /// Reads an attribute and takes note of it if it is one of the few. Its shape tells nearly all others apart.
    @inline(__always)
    mutating func read(_ message: WireReader) throws(DecodeError) {
        switch message.commonAttributeShape() {
        case Self.u8, Self.u9, Self.h11, Self.h16, Self.h19, Self.r20, Self.r24, Self.h25: try noteCommon(message)
        case -1: try noteOther(message)
        default: break
        }
    }

    @inline(never)
    private mutating func noteCommon(_ message: WireReader) throws(DecodeError) {
        try note(message.commonAttribute(), in: message.bytes)
    }

    @inline(never)
    private mutating func noteOther(_ message: WireReader) throws(DecodeError) {
        try note(Attribute.read(message), in: message.bytes)
    }

    @inline(__always)
    private mutating func note(_ attribute: Attribute, in bytes: RawSpan) {
        let key = bytes.extracting(attribute.key)
        switch key.byteCount {
        case 8 where ASCII.equals(key, "url.path"): Self.keep(attribute.value, in: &path)
        case 9 where ASCII.equals(key, "url.query"): Self.keep(attribute.value, in: &query)
        case 11 where ASCII.equals(key, "http.target"): Self.keep(attribute.value, in: &target)
        case 11 where ASCII.equals(key, "http.method"): Self.keep(attribute.value, in: &method)
        case 19 where ASCII.equals(key, "http.request.method"): Self.keep(attribute.value, in: &method)
        case 16 where ASCII.equals(key, "http.status_code"),
            25 where ASCII.equals(key, "http.response.status_code"):
            noteHTTPStatus(attribute.value, in: bytes)
        case 20 where ASCII.equals(key, "rpc.grpc.status_code"),
            24 where ASCII.equals(key, "rpc.response.status_code"):
            noteGRPCCode(attribute.value, in: bytes)
        default: break
        }
    }

    private static func keep(_ value: AttributeValue, in place: inout Range<Int>) {
        if case .text(let range) = value { place = range }
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
