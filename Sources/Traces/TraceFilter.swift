import Engine

/// A Bloom filter of trace ids: sixteen bits and two probes per span, so that at most one body in a hundred is decoded
/// in vain.
struct TraceFilter: Sendable {
    private var words: [UInt64] = []

    static let bitsPerSpan = 16

    init() {}

    init(_ batch: borrowing SpanBatch) {
        var wordCount = 1
        while wordCount * 64 < batch.count * Self.bitsPerSpan { wordCount *= 2 }
        words = Array(repeating: 0, count: wordCount)
        let mask = UInt64(wordCount * 64 - 1)
        var words = words.mutableSpan
        for row in 0..<batch.count {
            let (high, low) = (batch.columns.traceHigh[row], batch.columns.traceLow[row])
            let (first, second) = Self.bits(high, low, mask)
            words[Int(first >> 6)] |= 1 << (first & 63)
            words[Int(second >> 6)] |= 1 << (second & 63)
        }
    }

    var byteCount: Int { words.count * 8 }

    func mayHold(_ trace: TraceID) -> Bool {
        guard !words.isEmpty else { return false }
        let mask = UInt64(words.count * 64 - 1)
        let (first, second) = Self.bits(trace.high, trace.low, mask)
        return words[Int(first >> 6)] >> (first & 63) & words[Int(second >> 6)] >> (second & 63) & 1 == 1
    }

    /// Two bits. Ids are random, except for hostile ones, which can only cause bodies to be decoded in vain.
    @inline(__always)
    private static func bits(_ high: UInt64, _ low: UInt64, _ mask: UInt64) -> (UInt64, UInt64) {
        let mixed: UInt64 = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        return (mixed &>> 20 & mask, mixed &>> 40 & mask)
    }
}
