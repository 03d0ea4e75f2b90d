/// Reads the protobuf wire format within one message, front to back, with every access checked.
///
/// Source: protobuf.dev, "Encoding".
struct WireReader: ~Escapable {
    let bytes: RawSpan
    private(set) var offset: Int
    /// Where the message ends.
    let end: Int

    /// Field number and wire type as one number, as written: `field << 3 | type`.
    typealias Tag = UInt64

    @inline(__always)
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, from offset: Int, to end: Int) {
        self.bytes = bytes
        self.offset = offset
        self.end = end
    }

    @inline(__always)
    var isAtEnd: Bool { offset >= end }

    @inline(__always)
    mutating func tag() throws(DecodeError) -> Tag {
        let start = offset
        let tag = try varint()
        // At most five bytes; field number 0 and groups (types 3 and 4) are no OTLP.
        guard tag >= 8, tag <= UInt64(UInt32.max), offset - start <= 5 else {
            throw DecodeError(.invalidTag, at: start)
        }
        return tag
    }

    @inline(__always)
    mutating func varint() throws(DecodeError) -> UInt64 {
        guard offset < end else { throw DecodeError(.truncated, at: offset) }
        let first = byte(offset)
        if first < 0x80 {
            offset &+= 1
            return UInt64(first)
        }
        if offset &+ 1 < end {
            let second = byte(offset &+ 1)
            if second < 0x80 {
                offset &+= 2
                return UInt64(first & 0x7F) | UInt64(second) &<< 7
            }
        }
        return try longVarint()
    }

    @inline(never)
    private mutating func longVarint() throws(DecodeError) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        let start = offset
        while offset < end {
            let next = byte(offset)
            offset += 1
            value |= UInt64(next & 0x7F) &<< shift
            if next < 0x80 { return value }
            shift += 7
            if shift >= 70 { throw DecodeError(.varintTooLong, at: start) }
        }
        throw DecodeError(.truncated, at: start)
    }

    /// The length of a length-delimited field, checked to lie within the message.
    @inline(__always)
    mutating func length() throws(DecodeError) -> Int {
        let start = offset
        let length = try varint()
        guard length <= UInt64(end &- offset) else { throw DecodeError(.truncated, at: start) }
        return Int(truncatingIfNeeded: length)
    }

    /// The range of a length-delimited field's contents; the reader goes on behind it.
    @inline(__always)
    mutating func range() throws(DecodeError) -> Range<Int> {
        let length = try length()
        let start = offset
        offset &+= length
        return unsafe Range(uncheckedBounds: (start, offset))
    }

    @inline(__always)
    mutating func fixed64() throws(DecodeError) -> UInt64 {
        guard end &- offset >= 8 else { throw DecodeError(.truncated, at: offset) }
        let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset &+= 8
        return UInt64(littleEndian: value)
    }

    @inline(__always)
    mutating func skip(_ count: Int) throws(DecodeError) {
        guard end &- offset >= count else { throw DecodeError(.truncated, at: offset) }
        offset &+= count
    }

    /// Passes over the value of a field that is not known here.
    @inline(__always)
    mutating func skipUnknown(_ tag: Tag) throws(DecodeError) {
        switch tag & 7 {
        case 0: _ = try varint()
        case 1: try skip(8)
        case 2: _ = try range()
        case 5: try skip(4)
        default: throw DecodeError(.invalidTag, at: offset)
        }
    }

    /// Passes over a field that is none of a message's, or has another wire type than the message gives it.
    ///
    /// - Parameter known: one bit for each field number of the message, from bit 1 on.
    @inline(never)
    mutating func skipOther(_ tag: Tag, known: UInt32) throws(DecodeError) {
        let field = tag &>> 3
        if field < 32, known &>> UInt32(field) & 1 == 1 { throw DecodeError(.wrongWireType, at: offset) }
        try skipUnknown(tag)
    }

    @inline(__always)
    private func byte(_ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
