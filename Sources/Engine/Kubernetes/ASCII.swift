/// Reading of short ASCII texts in raw bytes, in place.
package enum ASCII {
    @inline(__always)
    static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(__always)
    static func lower(_ byte: UInt8) -> UInt8 {
        byte &- 0x41 < 26 ? byte | 0x20 : byte
    }

    @inline(__always)
    package static func equals(_ bytes: RawSpan, _ text: StaticString) -> Bool {
        guard bytes.byteCount == text.utf8CodeUnitCount else { return false }
        return unsafe ByteHash.equal(
            bytes, RawSpan(_unsafeStart: UnsafeRawPointer(text.utf8Start), byteCount: text.utf8CodeUnitCount))
    }

    static func hasPrefix(_ bytes: RawSpan, _ text: StaticString) -> Bool {
        guard bytes.byteCount >= text.utf8CodeUnitCount else { return false }
        return equals(bytes.extracting(0..<text.utf8CodeUnitCount), text)
    }

    /// Whether two texts are the same but for case and underscores: `DEADLINE_EXCEEDED` and `DeadlineExceeded`.
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

    /// The offset of a byte at or after `start`; nil if there is none.
    static func firstIndex(of wanted: UInt8, in bytes: RawSpan, from start: Int = 0) -> Int? {
        var offset = start
        while offset < bytes.byteCount {
            if byte(bytes, offset) == wanted { return offset }
            offset += 1
        }
        return nil
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
