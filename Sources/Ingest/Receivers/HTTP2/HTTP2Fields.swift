internal import CNGHTTP2

/// A header field of a reply.
struct HTTP2Field: Equatable, Sendable {
    var name: String
    var value: String
    /// Whether the client should keep it for later replies (RFC 7541, section 6.2): not what differs from reply to reply.
    var isIndexed = true

    init(_ name: String, _ value: String, isIndexed: Bool = true) {
        self.name = name
        self.value = value
        self.isIndexed = isIndexed
    }
}

/// Header fields in libnghttp2's form. Immutable, so that replies can share them.
@safe
final class HTTP2Fields: @unchecked Sendable {
    private let texts: UnsafeMutableBufferPointer<UInt8>
    private let pairs: UnsafeMutableBufferPointer<nghttp2_nv>

    init(_ fields: [HTTP2Field]) {
        let bytes = fields.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }
        unsafe texts = .allocate(capacity: bytes.count)
        unsafe pairs = .allocate(capacity: fields.count)
        _ = unsafe texts.initialize(fromContentsOf: bytes)
        var next = unsafe texts.baseAddress
        for (index, field) in fields.enumerated() {
            let (name, value) = (field.name.utf8.count, field.value.utf8.count)
            let flags = field.isIndexed ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX
            unsafe pairs.initializeElement(
                at: index,
                to: nghttp2_nv(
                    name: next, value: next?.advanced(by: name), namelen: name, valuelen: value,
                    flags: UInt8(flags.rawValue)))
            unsafe next = next?.advanced(by: name + value)
        }
    }

    deinit {
        unsafe texts.deallocate()
        unsafe pairs.deallocate()
    }

    /// libnghttp2 copies what it is given here.
    func withPairs(_ use: (UnsafePointer<nghttp2_nv>?, Int) -> Void) {
        unsafe use(UnsafePointer(pairs.baseAddress), pairs.count)
    }
}
