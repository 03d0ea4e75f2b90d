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

    /// Takes note of an attribute if it is one of the few. Length and first letter tell nearly all others apart.
    @inline(__always)
    mutating func note(_ attribute: Attribute, in bytes: RawSpan) {
        let key = attribute.key
        guard !key.isEmpty else { return }
        let first = unsafe bytes.unsafeLoad(fromByteOffset: key.lowerBound, as: UInt8.self)
        switch (key.count, first) {
        case (8, UInt8(ascii: "u")), (9, UInt8(ascii: "u")), (11, UInt8(ascii: "h")),
            (16, UInt8(ascii: "h")), (19, UInt8(ascii: "h")), (20, UInt8(ascii: "r")),
            (24, UInt8(ascii: "r")), (25, UInt8(ascii: "h")):
            noteCandidate(attribute, in: bytes)
        default: break
        }
    }

    @inline(never)
    private mutating func noteCandidate(_ attribute: Attribute, in bytes: RawSpan) {
        let key = bytes.extracting(attribute.key)
        if WireText.equals(key, "http.method") || WireText.equals(key, "http.request.method") {
            if case .text(let range) = attribute.value { method = range }
        } else if WireText.equals(key, "http.target") {
            if case .text(let range) = attribute.value { target = range }
        } else if WireText.equals(key, "url.path") {
            if case .text(let range) = attribute.value { path = range }
        } else if WireText.equals(key, "url.query") {
            if case .text(let range) = attribute.value { query = range }
        } else if WireText.equals(key, "http.status_code") || WireText.equals(key, "http.response.status_code") {
            switch attribute.value {
            case .integer(let status): isError = isError || SpanStatus.isHTTPError(status)
            case .text(let range): isError = isError || SpanStatus.isHTTPError(bytes.extracting(range))
            case .other: break
            }
        } else if WireText.equals(key, "rpc.grpc.status_code") || WireText.equals(key, "rpc.response.status_code") {
            switch attribute.value {
            case .integer(let code): isError = isError || SpanStatus.isGRPCError(code)
            case .text(let range): isError = isError || SpanStatus.isGRPCError(bytes.extracting(range))
            case .other: break
            }
        }
    }
}

/// Comparison of texts on the wire with known ones.
enum WireText {
    static func equals(_ bytes: RawSpan, _ text: StaticString) -> Bool {
        guard bytes.byteCount == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { known in
            for index in 0..<known.count
            where (unsafe bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)) != (unsafe known[index]) {
                return false
            }
            return true
        }
    }
}
