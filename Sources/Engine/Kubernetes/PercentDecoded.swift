/// Percent-decodes part of a URL byte by byte, as Go's net/url does.
struct PercentDecoded: ~Escapable {
    private let bytes: RawSpan
    private var offset = 0
    /// Whether a plus means a space, as in a query.
    private let isQuery: Bool

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, isQuery: Bool = true) {
        self.bytes = bytes
        self.isQuery = isQuery
    }

    /// nil at the end, and at a malformed escape.
    mutating func next() -> UInt8? {
        guard offset < bytes.byteCount else { return nil }
        let byte = ASCII.byte(bytes, offset)
        offset &+= 1
        switch byte {
        case UInt8(ascii: "%"):
            guard offset &+ 2 <= bytes.byteCount, let high = Self.digit(ASCII.byte(bytes, offset)),
                let low = Self.digit(ASCII.byte(bytes, offset &+ 1))
            else { return nil }
            offset &+= 2
            return high << 4 | low
        case UInt8(ascii: "+") where isQuery: return 0x20
        default: return byte
        }
    }

    /// Whether every escape is well formed.
    static func isSound(_ bytes: RawSpan) -> Bool {
        guard ASCII.firstIndex(of: UInt8(ascii: "%"), in: bytes) != nil else { return true }
        var reader = PercentDecoded(bytes)
        while reader.next() != nil {}
        return reader.offset == bytes.byteCount && !reader.endsInPercent
    }

    /// Whether decoding stopped at a lone `%` at the very end.
    private var endsInPercent: Bool {
        bytes.byteCount > 0 && ASCII.byte(bytes, bytes.byteCount - 1) == UInt8(ascii: "%")
    }

    static func equals(_ bytes: RawSpan, _ text: StaticString) -> Bool {
        if ASCII.equals(bytes, text) { return true }
        guard bytes.byteCount > text.utf8CodeUnitCount else { return false }
        var reader = PercentDecoded(bytes)
        var index = 0
        return text.withUTF8Buffer { buffer in
            while let byte = reader.next() {
                guard index < buffer.count, byte == (unsafe buffer[index]) else { return false }
                index += 1
            }
            return index == buffer.count && reader.offset == bytes.byteCount
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch ASCII.lower(byte) {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): ASCII.lower(byte) &- 0x61 &+ 10
        default: nil
        }
    }
}
