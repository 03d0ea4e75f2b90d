/// Reads the protobuf wire format within one message, front to back, with every access checked against the message's
/// end.
///
/// The loads themselves don't check again that they lie within the body, which every message does: that second check
/// costs a fifth of the decoder's instructions (docs/benchmarks.md). This file is the only one that loads so.
/// Source: protobuf.dev, "Encoding".
struct WireReader: ~Escapable {
    let bytes: RawSpan
    private(set) var offset: Int
    /// Where the message ends.
    private(set) var end: Int

    /// Field number and wire type as one number, as written: `field << 3 | type`.
    typealias Tag = UInt64

    /// Reads all of a body.
    @_lifetime(copy bytes)
    init(_ bytes: RawSpan) {
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
    var isAtEnd: Bool { offset >= end }

    @inline(__always)
    mutating func tag() throws(DecodeError) -> Tag {
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

    // What is seldom needed stands apart and gives back where the reader should go on: a reader that is handed out to
    // be changed would live in memory instead of registers.

    @inline(never)
    private func longTag() throws(DecodeError) -> (tag: Tag, next: Int) {
        let (tag, next) = try longVarint()
        // At most five bytes; field number 0 is none.
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

    /// The message in a length-delimited field; the reader goes on behind it.
    @inline(__always)
    @_lifetime(copy self)
    mutating func message() throws(DecodeError) -> WireReader {
        let length = try length()
        var message = self
        offset &+= length
        message.end = offset
        return message
    }

    @inline(__always)
    mutating func fixed64() throws(DecodeError) -> UInt64 {
        guard end &- offset >= 8 else { throw DecodeError(.truncated, at: offset) }
        let value = unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
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

    /// Passes over a field that is none of a message's; one that has another wire type than the message gives it is an
    /// error.
    ///
    /// - Parameter known: one bit for each field number of the message, from bit 1 on.
    @inline(__always)
    mutating func skipOther(_ tag: Tag, known: UInt32) throws(DecodeError) {
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

    // MARK: The common attribute

    /// The shape of the key (`Attribute.shape`) where the message is the attribute that nearly all are: a key and a text,
    /// integer or boolean, each length in one byte, nothing else; such a message is well-formed. -1 for any other, which
    /// has to be read field by field.
    @inline(__always)
    func commonAttributeShape() -> Int {
        // 0x0A, the key's length below 128, the key; 0x12, the value's length; the value's own tag and length.
        guard end &- offset >= 6 else { return -1 }
        let keyHead = pair(offset)
        guard keyHead & 0x80FF == 0x000A else { return -1 }
        let keyLength = Int(keyHead &>> 8)
        let value = offset &+ 2 &+ keyLength
        let rest = end &- value
        // From four bytes to what a one-byte length allows.
        guard UInt(bitPattern: rest &- 4) <= 125 else { return -1 }
        guard pair(value) == UInt16(truncatingIfNeeded: rest &- 2) &<< 8 | 0x12 else { return -1 }
        let valueHead = pair(value &+ 2)
        if valueHead == UInt16(truncatingIfNeeded: rest &- 4) &<< 8 | 0x0A || isNumber(valueHead, rest) {
            return Attribute.shape(byte(offset &+ 2), keyLength)
        }
        return -1
    }

    /// The attribute in a message that has a common attribute's shape.
    @inline(__always)
    func commonAttribute() throws(DecodeError) -> Attribute {
        let value = offset &+ 2 &+ Int(byte(offset &+ 1))
        var attribute = unsafe Attribute(key: Range(uncheckedBounds: (offset &+ 2, value)))
        switch byte(value &+ 2) {
        case 0x0A: attribute.value = unsafe .text(Range(uncheckedBounds: (value &+ 4, end)))
        case 0x18:
            var number = self
            number.offset = value &+ 3
            attribute.value = try .integer(Int64(bitPattern: number.varint()))
        default: break
        }
        return attribute
    }

    /// Whether an `AnyValue` with this head is one boolean or one integer that ends where the message ends.
    @inline(__always)
    private func isNumber(_ head: UInt16, _ rest: Int) -> Bool {
        switch head & 0xFF {
        case 0x10: return rest == 4 && head < 0x8000
        case 0x18:
            guard rest <= 13, byte(end &- 1) < 0x80 else { return false }
            var next = end &- rest &+ 3
            while next < end &- 1 {
                if byte(next) < 0x80 { return false }
                next &+= 1
            }
            return true
        default: return false
        }
    }

    /// Two bytes that are known to lie within the message, the first one low.
    @inline(__always)
    private func pair(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt16.self))
    }

    /// A byte that is known to lie within the message.
    @inline(__always)
    func byte(_ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }
}
