/// The non-empty parts of a path between slashes; only the first twelve.
package struct RequestPath {
    private var parts = InlineArray<12, Range<Int>>(repeating: 0..<0)
    private(set) var count = 0

    /// - Parameter target: a path, with or without a query.
    init(_ target: RawSpan) {
        var start = 0
        var offset = 0
        while offset < target.byteCount {
            var marks = Self.marks(target, at: offset)
            while marks != 0 {
                let mark = offset &+ marks.trailingZeroBitCount &>> 3
                add(start, mark)
                start = mark &+ 1
                if ASCII.byte(target, mark) == UInt8(ascii: "?") { return }
                marks &= marks &- 1
            }
            offset &+= 8
        }
        add(start, target.byteCount)
    }

    /// The target's path percent-decoded, as the API server parses it; nil if it has no escapes, or a malformed one.
    package static func decoded(_ target: RawSpan) -> [UInt8]? {
        let path = target.extracting(0..<(ASCII.firstIndex(of: UInt8(ascii: "?"), in: target) ?? target.byteCount))
        guard ASCII.firstIndex(of: UInt8(ascii: "%"), in: path) != nil, PercentDecoded.isSound(path) else { return nil }
        var decoded: [UInt8] = []
        var reader = PercentDecoded(path, isQuery: false)
        while let byte = reader.next() { decoded.append(byte) }
        return decoded
    }

    subscript(index: Int) -> Range<Int> { parts[index] }

    @inline(__always)
    private mutating func add(_ start: Int, _ end: Int) {
        guard end > start, count < 12 else { return }
        parts[count] = unsafe Range(uncheckedBounds: (start, end))
        count &+= 1
    }

    /// Marks slashes and question marks, which differ in one bit, in eight bytes: sets the high bit of each. Bytes
    /// beyond the end are never marked.
    @inline(__always)
    private static func marks(_ bytes: RawSpan, at offset: Int) -> UInt64 {
        ASCII.zeroBytes((ASCII.word(bytes, at: offset) | 0x1010_1010_1010_1010) ^ 0x3F3F_3F3F_3F3F_3F3F)
    }
}

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
