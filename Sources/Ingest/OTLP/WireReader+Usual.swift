// Fast paths for what the OpenTelemetry SDKs write: fields in order of their numbers, most lengths and small numbers in
// one byte. Each step either reads exactly what the general reader would, or leaves the reader where it is for the
// general reader to take over field by field.
//
// A load may reach past the end of the message, never past the end of the body; bytes past the message are ignored.
// Every load checks the end of the body. Dropping that check saves a tenth of the instructions but hardly any time
// (docs/benchmarks.md).

/// The fields that nearly every span starts with.
struct SpanHead {
    /// The 16 bytes of the trace id as two big-endian numbers.
    var traceHigh: UInt64
    var traceLow: UInt64
    var spanID: UInt64
    /// 0 if there is no parent.
    var parentID: UInt64
    var name: Range<Int>
    var kind: Int32
    var start: UInt64
    var end: UInt64
}

/// The offsets of an attribute that has a key and a string, integer or boolean value.
struct UsualAttribute {
    /// First byte of the key.
    var key: Int
    /// First byte after the key: the tag of the value.
    var keyEnd: Int
    /// First byte after the attribute.
    var end: Int
    /// The key's length in the low byte, its first letter in the high byte.
    var shape: UInt16
}

extension WireReader {
    /// The next eight bytes of the body, the first one lowest. 0, which starts no field, if there are fewer.
    @inline(__always)
    var ahead: UInt64 {
        bytes.byteCount &- offset >= 8 ? bytes.eight(offset) : 0
    }

    /// The message in the next field if the field has this tag and a length of one or two bytes. Doesn't advance the
    /// reader.
    @inline(__always)
    @_lifetime(copy self)
    func usualMessage(_ ahead: UInt64, tag: UInt64) -> WireReader? {
        guard ahead & 0xFF == tag else { return nil }
        var start = offset &+ 2
        var length = ahead &>> 8 & 0x7F
        if ahead & 0x8000 != 0 {
            guard ahead & 0x80_0000 == 0 else { return nil }
            start &+= 1
            length |= ahead &>> 9 & 0x3F80
        }
        let end = start &+ Int(truncatingIfNeeded: length)
        return end <= self.end ? WireReader(bytes, from: start, to: end) : nil
    }

    /// Reads trace_id, span_id, parent_span_id (if present), name, kind and both times, if each has its usual length.
    @inline(__always)
    mutating func spanHead() -> SpanHead? {
        // Both ids, plus twelve more bytes, which every valid span has.
        guard end &- offset >= 40 else { return nil }
        let ids = bytes.extracting(offset..<offset &+ 40)
        guard ids.two(0) == 0x100A, ids.two(18) == 0x0812 else { return nil }
        var next = offset &+ 28
        var parentID: UInt64 = 0
        var nameHead = ids.two(28)
        if nameHead == 0x0822 {
            parentID = ids.eight(30).byteSwapped
            nameHead = ids.two(38)
            next &+= 10
        }
        let name = unsafe Range(uncheckedBounds: (next &+ 2, next &+ 2 &+ Int(nameHead &>> 8)))
        next = name.upperBound
        guard nameHead & 0x80FF == 0x002A, end &- next >= 20 else { return nil }
        let times = bytes.extracting(next..<next &+ 20)
        let kind = times.four(0)
        guard kind & 0x00FF_80FF == 0x0039_0030, times.one(11) == 0x41 else { return nil }
        let head = SpanHead(
            traceHigh: ids.eight(2).byteSwapped, traceLow: ids.eight(10).byteSwapped,
            spanID: ids.eight(20).byteSwapped, parentID: parentID, name: name,
            kind: Int32(truncatingIfNeeded: kind &>> 8 & 0x7F), start: times.eight(3), end: times.eight(12))
        advance(to: next &+ 20)
        return head
    }

    /// Whether the rest of the message is what nearly every span ends with: an empty status, then flags.
    @inline(__always)
    func isUsualSpanEnd(_ ahead: UInt64) -> Bool {
        ahead & 0xFFFF_FFFF == 0x0185_007A && end &- offset == 8
    }

    /// Skips an event's time and name if the message starts with them and the name's length fits into one byte.
    @inline(__always)
    mutating func passEventHead() {
        guard end &- offset >= 11, bytes.one(offset) == 0x09, bytes.two(offset &+ 9) & 0x80FF == 0x0012 else { return }
        let next = offset &+ 11 &+ Int(bytes.one(offset &+ 10))
        if next <= end { advance(to: next) }
    }

    /// An attribute that consists of a key and one string, integer or boolean, each with a one-byte length. Such a
    /// message is well-formed.
    ///
    /// - Parameters:
    ///   - ahead: the next eight bytes.
    ///   - tag: the attribute's tag in the enclosing message.
    @inline(__always)
    func usualAttribute(_ ahead: UInt64, tag: UInt64) -> UsualAttribute? {
        // Tag, length of the attribute, 0x0A, length of the key.
        guard ahead & 0x80FF_80FF == 0x000A_0000 | tag else { return nil }
        let length = Int(truncatingIfNeeded: ahead &>> 8 & 0x7F)
        let keyLength = Int(truncatingIfNeeded: ahead &>> 24 & 0x7F)
        let attribute = UsualAttribute(
            key: offset &+ 4, keyEnd: offset &+ 4 &+ keyLength, end: offset &+ 2 &+ length,
            shape: UInt16(truncatingIfNeeded: ahead &>> 24))
        let rest = length &- 2 &- keyLength
        guard attribute.end <= end, rest >= 4 else { return nil }
        // 0x12, length of the value, then the value's own tag and its length or number.
        let head = bytes.four(attribute.keyEnd)
        let lengths = UInt32(truncatingIfNeeded: rest)
        if head == (lengths &- 4) &<< 24 | 0x000A_0012 | (lengths &- 2) &<< 8 { return attribute }
        return isNumber(attribute, head, rest) ? attribute : nil
    }

    /// Whether the value is one integer or boolean that ends with the attribute.
    @inline(__always)
    private func isNumber(_ attribute: UsualAttribute, _ head: UInt32, _ rest: Int) -> Bool {
        let wanted = UInt32(truncatingIfNeeded: rest &- 2) &<< 8 | 0x0010_0012
        guard head & 0x00F7_FFFF == wanted, rest <= 11 else { return false }
        // The attribute's last bytes are the varint: all but the last have the continuation bit.
        let number = bytes.eight(attribute.end &- 8) ^ 0x0080_8080_8080_8080
        return number & 0x8080_8080_8080_8080 &<< UInt64(8 &* (11 &- rest)) == 0
    }

    @inline(__always)
    func value(of attribute: UsualAttribute) throws(DecodeError) -> AttributeValue {
        switch bytes.one(attribute.keyEnd &+ 2) {
        case 0x0A: return unsafe .text(Range(uncheckedBounds: (attribute.keyEnd &+ 4, attribute.end)))
        case 0x18:
            var number = WireReader(bytes, from: attribute.keyEnd &+ 3, to: attribute.end)
            return try .integer(Int64(bitPattern: number.varint()))
        default: return .other
        }
    }
}

extension RawSpan {
    @inline(__always)
    fileprivate func one(_ offset: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    fileprivate func two(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    @inline(__always)
    fileprivate func four(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    @inline(__always)
    fileprivate func eight(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafe unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
