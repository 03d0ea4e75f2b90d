/// The checksum of lz4 frames, computed incrementally.
///
/// Four independent lanes take four bytes each in turn, so that the processor can work on all of them at once. Source:
/// "xxHash fast digest algorithm" 0.1.1, XXH32 with seed 0.
struct XXH32 {
    private static let primes: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
        0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F, 0x1656_67B1
    )
    private static let stripe = 16

    private typealias Lanes = (UInt32, UInt32, UInt32, UInt32)

    private var lanes: Lanes = (primes.0 &+ primes.1, primes.1, 0, 0 &- primes.0)
    /// The bytes after the last whole stripe.
    private var rest = InlineArray<16, UInt8>(repeating: 0)
    private var count = 0

    static func hash(_ bytes: RawSpan) -> UInt32 {
        var checksum = XXH32()
        checksum.update(bytes)
        return checksum.value
    }

    mutating func update(_ bytes: RawSpan) {
        var taken = 0
        let held = count % Self.stripe
        count += bytes.byteCount
        if held > 0 {
            taken = min(Self.stripe - held, bytes.byteCount)
            for offset in 0..<taken { rest[held + offset] = bytes.byte(offset) }
            guard held + taken == Self.stripe else { return }
            lanes = unsafe Self.takeStripes(rest.span.bytes, lanes)
        }
        let stripes = bytes.extracting(taken...)
        lanes = Self.takeStripes(stripes, lanes)
        let tail = stripes.byteCount % Self.stripe
        for offset in 0..<tail { rest[offset] = stripes.byte(stripes.byteCount - tail + offset) }
    }

    var value: UInt32 {
        var hash = Self.primes.4
        if count >= Self.stripe {
            hash = Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7)
            hash = hash &+ Self.rotate(lanes.2, 12) &+ Self.rotate(lanes.3, 18)
        }
        hash = hash &+ UInt32(truncatingIfNeeded: count)
        let held = count % Self.stripe
        for offset in stride(from: 0, to: held & ~3, by: 4) {
            let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(rest[offset + $1]) << (8 * UInt32($1)) }
            hash = Self.rotate(hash &+ word &* Self.primes.2, 17) &* Self.primes.3
        }
        for offset in held & ~3..<held {
            hash = Self.rotate(hash &+ UInt32(rest[offset]) &* Self.primes.4, 11) &* Self.primes.0
        }
        hash = (hash ^ hash >> 15) &* Self.primes.1
        hash = (hash ^ hash >> 13) &* Self.primes.2
        return hash ^ hash >> 16
    }

    /// Takes all whole stripes. Its loads skip the bounds check, which would make it a third slower.
    private static func takeStripes(_ bytes: RawSpan, _ before: Lanes) -> Lanes {
        unsafe bytes.withUnsafeBytes { buffer in
            guard buffer.count >= stripe, let base = buffer.baseAddress else { return before }
            var lanes = before
            for offset in stride(from: 0, through: buffer.count - stripe, by: stripe) {
                let offset = unsafe base + offset
                unsafe lanes.0 = step(lanes.0, offset.loadUnaligned(as: UInt32.self))
                unsafe lanes.1 = step(lanes.1, offset.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                unsafe lanes.2 = step(lanes.2, offset.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
                unsafe lanes.3 = step(lanes.3, offset.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
            }
            return lanes
        }
    }

    @inline(__always)
    private static func step(_ lane: UInt32, _ word: UInt32) -> UInt32 {
        rotate(lane &+ UInt32(littleEndian: word) &* primes.1, 13) &* primes.0
    }

    @inline(__always)
    private static func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 {
        value &<< count | value &>> (32 - count)
    }
}
