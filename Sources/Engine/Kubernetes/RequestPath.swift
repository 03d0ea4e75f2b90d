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
