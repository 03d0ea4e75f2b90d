/// Group, resource and subresource in one byte string, each ended by a zero byte: what request labels are interned by.
struct RequestKey: ~Copyable, Sendable {
    /// Room for three labels of 253 bytes, and for the last word to be written whole.
    private let bytes = Column<UInt8>(capacity: 800)
    private var count = 0

    mutating func removeAll() {
        count = 0
    }

    /// Adds a part of at most 253 bytes; there may be three.
    mutating func append(_ part: RawSpan) {
        for offset in 0..<part.byteCount {
            bytes[count &+ offset] = ASCII.byte(part, offset)
        }
        count += part.byteCount
        bytes[count] = 0
        count += 1
    }

    func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        bytes.withSpan(0..<count) { unsafe body($0.bytes) }
    }
}
