/// Reads the protobuf wire format of one message, front to back. Every access is checked against the end of the
/// message, which lies inside the body.
///
/// Source: protobuf.dev, "Encoding".
package struct WireReader: ~Escapable {
    package let bytes: RawSpan
    private(set) var offset: Int
    private(set) var end: Int

    /// Field number and wire type in one number, as on the wire: `field << 3 | type`.
    package typealias Tag = UInt64

    /// Reads a whole body.
    @_lifetime(copy bytes)
    package init(_ bytes: RawSpan) {
        self.init(bytes, from: 0, to: bytes.byteCount)
    }

    @inline(__always)
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, from offset: Int, to end: Int) {
        precondition(offset >= 0 && offset <= end && end <= bytes.byteCount)
        self.bytes = bytes
        self.offset = offset
        self.end = end
    }

    @inline(__always)
    package var isAtEnd: Bool { offset >= end }

    @inline(__always)
    package mutating func tag() throws(DecodeError) -> Tag {
        guard offset < end else { throw DecodeError(.truncated, at: offset) }
        let first = byte(offset)
        guard first < 0x80 else {
            let (tag, next) = try longTag()
            offset = next
            return tag
        }
        guard first >= 8 else { throw DecodeError(.invalidTag, at: offset) }
        offset &+= 1
        return UInt64(first)
    }

    // Slow paths are separate functions that return the new offset. Passing the reader `inout` would force it from
    // registers into memory.

    @inline(never)
    private func longTag() throws(DecodeError) -> (tag: Tag, next: Int) {
        let (tag, next) = try longVarint()
        // A tag has at most five bytes, and field number 0 is invalid.
        guard tag >= 8, tag <= UInt64(UInt32.max), next - offset <= 5 else {
            throw DecodeError(.invalidTag, at: offset)
        }
        return (tag, next)
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
        let (value, next) = try longVarint()
        offset = next
        return value
    }

    @inline(never)
    private func longVarint() throws(DecodeError) -> (value: UInt64, next: Int) {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        var next = offset
        while next < end {
            let part = byte(next)
            next += 1
            value |= UInt64(part & 0x7F) &<< shift
            if part < 0x80 { return (value, next) }
            shift += 7
            if shift >= 70 { throw DecodeError(.varintTooLong, at: offset) }
        }
        throw DecodeError(.truncated, at: offset)
    }

    /// The length of a length-delimited field, checked to lie inside the message.
    @inline(__always)
    mutating func length() throws(DecodeError) -> Int {
        let start = offset
        let length = try varint()
        guard length <= UInt64(end &- offset) else { throw DecodeError(.truncated, at: start) }
        return Int(truncatingIfNeeded: length)
    }

    /// The contents of a length-delimited field. Advances past them.
    @inline(__always)
    package mutating func range() throws(DecodeError) -> Range<Int> {
        let length = try length()
        let start = offset
        offset &+= length
        return unsafe Range(uncheckedBounds: (start, offset))
    }

    /// The message in a length-delimited field. Advances past it.
    @inline(__always)
    @_lifetime(copy self)
    package mutating func message() throws(DecodeError) -> WireReader {
        let length = try length()
        var message = self
        offset &+= length
        message.end = offset
        return message
    }

    @inline(__always)
    mutating func fixed64() throws(DecodeError) -> UInt64 {
        guard end &- offset >= 8 else { throw DecodeError(.truncated, at: offset) }
        let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset &+= 8
        return UInt64(littleEndian: value)
    }

    mutating func fixed32() throws(DecodeError) -> UInt32 {
        guard end &- offset >= 4 else { throw DecodeError(.truncated, at: offset) }
        let value = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
        offset &+= 4
        return UInt32(littleEndian: value)
    }

    @inline(__always)
    mutating func skip(_ count: Int) throws(DecodeError) {
        guard end &- offset >= count else { throw DecodeError(.truncated, at: offset) }
        offset &+= count
    }

    /// Skips the value of an unknown field.
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

    /// Skips a field that the message doesn't define. A known field number with an unexpected wire type is an error.
    ///
    /// - Parameter known: bit set of the message's field numbers, from bit 1 on.
    @inline(__always)
    package mutating func skipOther(_ tag: Tag, known: UInt32) throws(DecodeError) {
        offset = try endOfOther(tag, known: known)
    }

    @inline(never)
    private func endOfOther(_ tag: Tag, known: UInt32) throws(DecodeError) -> Int {
        let field = tag &>> 3
        if field < 32, known &>> UInt32(field) & 1 == 1 { throw DecodeError(.wrongWireType, at: offset) }
        var reader = self
        try reader.skipUnknown(tag)
        return reader.offset
    }

    /// Moves forward to an offset inside the message.
    @inline(__always)
    mutating func advance(to offset: Int) {
        precondition(offset >= self.offset && offset <= end)
        self.offset = offset
    }

    @inline(__always)
    private func byte(_ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
