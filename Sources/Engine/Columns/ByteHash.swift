/// A fast keyed hash of short byte strings, for tables that input fills.
///
/// The seed is drawn once per process, so that nobody can choose names that collide.
package enum ByteHash {
    package static let seed = UInt64.random(in: .min ... .max)

    /// Multiply and fold the high half down: each input bit reaches the low bits that pick a cell.
    @inline(__always)
    package static func mix(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = (a ^ b).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }

    @inline(__always)
    package static func hash(_ bytes: RawSpan, salt: UInt64, seed: UInt64) -> UInt64 {
        var state = mix(seed, salt &+ UInt64(truncatingIfNeeded: bytes.byteCount) &<< 32)
        var offset = 0
        while bytes.byteCount - offset >= 8 {
            state = mix(state, word(bytes, at: offset))
            offset += 8
        }
        if offset < bytes.byteCount {
            state = mix(state, tail(bytes, from: offset))
        }
        return state
    }

    @inline(__always)
    package static func equal(_ a: RawSpan, _ b: RawSpan) -> Bool {
        guard a.byteCount == b.byteCount else { return false }
        var offset = 0
        while a.byteCount - offset >= 8 {
            if word(a, at: offset) != word(b, at: offset) { return false }
            offset += 8
        }
        return offset == a.byteCount || tail(a, from: offset) == tail(b, from: offset)
    }

    @inline(__always)
    private static func word(_ bytes: RawSpan, at offset: Int) -> UInt64 {
        unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The last one to seven bytes as one number.
    @inline(__always)
    private static func tail(_ bytes: RawSpan, from start: Int) -> UInt64 {
        if bytes.byteCount >= 8 {
            // The last eight bytes overlap what was read before; shift that part out.
            let known = 8 - (bytes.byteCount - start)
            return word(bytes, at: bytes.byteCount - 8) &>> UInt64(known * 8)
        }
        var value: UInt64 = 0
        var shift: UInt64 = 0
        for offset in start..<bytes.byteCount {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            value |= UInt64(byte) &<< shift
            shift += 8
        }
        return value
    }
}
