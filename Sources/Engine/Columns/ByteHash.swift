/// A fast keyed hash of short byte strings, for tables that are filled from input.
///
/// The seed is random per process, so that clients can't choose names that collide.
@usableFromInline
package enum ByteHash {
    package static let seed = UInt64.random(in: .min ... .max)

    /// Multiplies and folds the high half down, so that each input bit reaches the low bits that pick a cell.
    @inline(__always)
    static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ b).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    /// - Parameter key: a number hashed with the bytes; it must differ for strings of different lengths.
    @inline(__always)
    static func hash(_ bytes: RawSpan, key: UInt64, seed: UInt64) -> UInt64 {
        var state = mix(seed, key)
        var rest = bytes
        while rest.byteCount > 16 {
            state = mix(state, seed, (word(rest, at: 0), word(rest, at: 8)))
            rest = rest.extracting(droppingFirst: 16)
        }
        return mix(state, seed, ends(rest))
    }

    @inlinable @inline(__always)
    package static func equal(_ a: RawSpan, _ b: RawSpan) -> Bool {
        guard a.byteCount == b.byteCount else { return false }
        var (a, b) = (a, b)
        while a.byteCount > 16, b.byteCount > 16 {
            if (word(a, at: 0) ^ word(b, at: 0)) | (word(a, at: 8) ^ word(b, at: 8)) != 0 { return false }
            a = a.extracting(droppingFirst: 16)
            b = b.extracting(droppingFirst: 16)
        }
        return ends(a) == ends(b)
    }

    /// Both factors include the seed, so that no input can make the product 0.
    @inline(__always)
    private static func mix(_ state: UInt64, _ seed: UInt64, _ words: (UInt64, UInt64)) -> UInt64 {
        let product = (words.0 ^ state).multipliedFullWidth(by: words.1 ^ seed)
        return product.high ^ product.low
    }

    /// The first and the last of at most 16 bytes, overlapping if there are fewer.
    @inlinable @inline(__always)
    static func ends(_ bytes: RawSpan) -> (UInt64, UInt64) {
        let count = bytes.byteCount
        if count >= 8 { return (word(bytes, at: 0), word(bytes, at: count &- 8)) }
        if count >= 4 { return (UInt64(half(bytes, at: 0)), UInt64(half(bytes, at: count &- 4))) }
        if count == 0 { return (0, 0) }
        return (
            UInt64(byte(bytes, at: 0)) &<< 8 | UInt64(byte(bytes, at: count / 2)), UInt64(byte(bytes, at: count &- 1))
        )
    }

    @inlinable @inline(__always)
    static func word(_ bytes: RawSpan, at offset: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    @inlinable @inline(__always)
    static func half(_ bytes: RawSpan, at offset: Int) -> UInt32 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self)
    }

    @inlinable @inline(__always)
    static func byte(_ bytes: RawSpan, at offset: Int) -> UInt8 {
        unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}
