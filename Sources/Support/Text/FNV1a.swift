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
}
