/// Reads short ASCII texts in raw bytes, in place.
@usableFromInline
package enum ASCII {
    @inline(__always)
    static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    static func lower(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inlinable @inline(__always)
    package static func equals(_ bytes: RawSpan, _ text: StaticString) -> Bool {
        guard bytes.byteCount == text.utf8CodeUnitCount else { return false }
        return unsafe ByteHash.equal(
            bytes, RawSpan(_unsafeStart: UnsafeRawPointer(text.utf8Start), byteCount: text.utf8CodeUnitCount))
    }

    static func hasPrefix(_ bytes: RawSpan, _ text: StaticString) -> Bool {
        guard bytes.byteCount >= text.utf8CodeUnitCount else { return false }
        return equals(bytes.extracting(0..<text.utf8CodeUnitCount), text)
    }

    /// Whether two texts are equal, ignoring case and underscores: `DEADLINE_EXCEEDED` and `DeadlineExceeded`.
    static func equalsLoosely(_ bytes: RawSpan, _ lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { buffer in
            var index = 0
            for offset in 0..<bytes.byteCount {
                let letter = lower(byte(bytes, offset))
                if letter == UInt8(ascii: "_") { continue }
                guard index < buffer.count, letter == (unsafe buffer[index]) else { return false }
                index += 1
            }
            return index == buffer.count
        }
    }

    /// The offset of the first such byte at or after `start`; nil if there is none.
    static func firstIndex(of wanted: UInt8, in bytes: RawSpan, from start: Int = 0) -> Int? {
        let pattern = UInt64(wanted) &* 0x0101_0101_0101_0101
        var offset = start
        while offset < bytes.byteCount {
            let found = zeroBytes(word(bytes, at: offset) ^ pattern)
            if found != 0 {
                let index = offset &+ found.trailingZeroBitCount &>> 3
                return index < bytes.byteCount ? index : nil
            }
            offset &+= 8
        }
        return nil
    }

    /// Eight bytes as a little-endian number; bytes beyond the end are zero.
    @inline(__always)
    static func word(_ bytes: RawSpan, at offset: Int) -> UInt64 {
        if bytes.byteCount &- offset >= 8 {
            return UInt64(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        var word: UInt64 = 0
        for index in (offset..<bytes.byteCount).reversed() { word = word &<< 8 | UInt64(byte(bytes, index)) }
        return word
    }

    /// Sets the high bit of each zero byte, and no other bit.
    @inline(__always)
    static func zeroBytes(_ word: UInt64) -> UInt64 {
        let low = 0x7F7F_7F7F_7F7F_7F7F as UInt64
        return ~((word & low) &+ low | word | low)
    }

    /// A decimal number of at most nine digits; nil for anything else.
    static func number(_ bytes: RawSpan) -> Int64? {
        guard bytes.byteCount > 0, bytes.byteCount <= 9 else { return nil }
        var value: Int64 = 0
        for offset in 0..<bytes.byteCount {
            let digit = byte(bytes, offset) &- 0x30
            guard digit < 10 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }
}
