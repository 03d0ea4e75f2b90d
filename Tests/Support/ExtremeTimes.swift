/// Times as broken clocks, damaged files and hostile senders produce them: at the limits of every type that they pass
/// through.
package enum ExtremeTimes {
    package static let all: [UInt64] = [
        0, 1, 999, 1_000, 1 << 53 - 1, 1 << 53, 1 << 61, 1 << 62 - 1, 1 << 62, 1 << 62 + 1, 1 << 63 - 1, 1 << 63,
        1 << 63 + 1, .max - 1, .max,
        // Now, the years 2200 and 2262, and 1677 if read as signed.
        1_795_407_346_345_284_061, 7_258_118_400_000_000_000, 9_223_372_036_854_775_807,
        UInt64(bitPattern: Int64.min + 1),
        // One second and one hour below the largest signed number.
        1 << 63 - 1_000_000_000, 1 << 63 - 3_600_000_000_000,
    ]

    /// One of them, or a number close to one.
    package static func pick(_ random: inout SeededGenerator) -> UInt64 {
        let time = all[Int.random(in: 0..<all.count, using: &random)]
        guard Bool.random(using: &random) else { return time }
        return time &+ UInt64(bitPattern: Int64.random(in: -2_000_000_000...2_000_000_000, using: &random))
    }
}
