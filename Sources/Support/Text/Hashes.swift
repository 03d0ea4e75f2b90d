/// SHA-256 (FIPS 180-4): two names with the same hash can't be constructed.
package enum SHA256 {
    /// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
    private static let constants: [UInt32] = primes.prefix(64).map { fraction(ofRoot: 3, of: $0) }
    /// The same of the square roots of the first eight.
    private static let start: [UInt32] = primes.prefix(8).map { fraction(ofRoot: 2, of: $0) }

    private static let primes = (2...311).filter { number in !(2..<number).contains { number % $0 == 0 } }

    /// The largest integer whose power is at most `number` · 2^(32 · power), modulo 2^32, found bit by bit.
    private static func fraction(ofRoot power: Int, of number: Int) -> UInt32 {
        let target = UInt128(number) << (32 * power)
        var root: UInt128 = 0
        for bit in (0..<36).reversed() {
            let larger = root | 1 << bit
            let value = power == 2 ? larger * larger : larger * larger * larger
            if value <= target { root = larger }
        }
        return UInt32(truncatingIfNeeded: root)
    }

    /// 64 hexadecimal digits.
    package static func hex(_ bytes: [UInt8]) -> String {
        var state = start
        var padded = bytes + [0x80]
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        padded += (0..<8).reversed().map { UInt8(truncatingIfNeeded: (UInt64(bytes.count) << 3) >> (8 * $0)) }
        for block in stride(from: 0, to: padded.count, by: 64) { mix(padded[block..<block + 64], into: &state) }
        return state.map { Hex.text($0) }.joined()
    }

    private static func mix(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }
        var words = stride(from: block.startIndex, to: block.endIndex, by: 4).map { index in
            (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(block[index + $1]) }
        }
        for index in 16..<64 {
            let (early, late) = (words[index - 15], words[index - 2])
            words.append(
                words[index - 16] &+ words[index - 7] &+ (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3)
                    &+ (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10))
        }
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        for index in 0..<64 {
            let first =
                h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ (e & f ^ ~e & g) &+ constants[index]
                &+ words[index]
            let second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ (a & b ^ a & c ^ b & c)
            (h, g, f, e) = (g, f, e, d &+ first)
            (d, c, b, a) = (c, b, a, first &+ second)
        }
        for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] &+= word }
    }
}

/// FNV-1a over a sequence of texts: a hash that is the same in every run.
package struct FNV1a {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    package init() {}

    package mutating func combine(_ text: String) {
        for byte in text.utf8 { combine(byte) }
        // 0xFF never occurs in UTF-8, so ["a", "b"] and ["ab"] hash differently.
        combine(0xFF)
    }

    private mutating func combine(_ byte: UInt8) {
        hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    /// 16 digits.
    package var hex: String { Hex.text(hash) }

    /// Of bytes. If a single one is damaged, it always changes.
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash = FNV1a()
        for byte in bytes { hash.combine(byte) }
        return hash.hash
    }
}
