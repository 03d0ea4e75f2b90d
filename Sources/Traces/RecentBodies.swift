package import Engine
import Synchronization

/// Recent export bodies as they came, so that a trace can be shown with everything that its spans carry. The oldest go
/// first once they exceed a number of bytes.
///
/// Nothing is decoded until somebody looks: a body costs one copy and a few bits for each span.
package final class RecentBodies: Sendable {
    /// A body and which traces it may hold.
    package struct Body: Sendable {
        /// An `ExportTraceServiceRequest` on the wire, valid.
        package let bytes: [UInt8]
        let filter: TraceFilter
        /// Unix nanoseconds.
        let arrival: Int64

        /// What it is charged for: with the headers of two arrays and their allocations.
        var byteCount: Int { bytes.count + filter.byteCount + 128 }
    }

    private struct State {
        /// In order of arrival. Those before `first` have gone.
        var bodies: [Body] = []
        var first = 0
        var byteCount = 0
        var dropped = 0
    }

    /// Bytes; 0 keeps nothing.
    package let limit: Int
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
    }

    /// Keeps a copy of a body.
    /// - Parameter batch: what it was decoded to.
    package func keep(_ message: RawSpan, _ batch: borrowing SpanBatch, arrival: Int64) {
        guard limit > 0, batch.count > 0 else { return }
        let bytes = unsafe message.withUnsafeBytes { unsafe [UInt8]($0) }
        let body = Body(bytes: bytes, filter: TraceFilter(batch), arrival: arrival)
        guard body.byteCount <= limit else { return state.withLock { $0.dropped += 1 } }
        state.withLock { state in
            state.bodies.append(body)
            state.byteCount += body.byteCount
            Self.evict(&state, limit)
        }
    }

    private static func evict(_ state: inout State, _ limit: Int) {
        while state.byteCount > limit {
            state.byteCount -= state.bodies[state.first].byteCount
            state.bodies[state.first] = Body(bytes: [], filter: TraceFilter(), arrival: 0)
            state.first += 1
        }
        // Moving half of the list once it is half empty costs each body one move.
        if state.first >= 64, state.first * 2 >= state.bodies.count {
            state.bodies.removeFirst(state.first)
            state.first = 0
        }
    }

    /// Bodies that may hold spans of any of some traces, in order of arrival.
    package func bodies(mayHold traces: [TraceID]) -> [Body] {
        state.withLock { state in
            state.bodies[state.first...].filter { body in traces.contains { body.filter.mayHold($0) } }
        }
    }

    package var use: Use {
        state.withLock { state in
            Use(
                bodies: state.bodies.count - state.first, byteCount: state.byteCount, dropped: state.dropped,
                oldest: state.first < state.bodies.count ? state.bodies[state.first].arrival : nil)
        }
    }

    package struct Use: Equatable, Sendable {
        package var bodies: Int
        package var byteCount: Int
        /// Larger than everything that may be kept.
        package var dropped: Int
        /// The arrival of the oldest, Unix nanoseconds.
        package var oldest: Int64?
    }
}

/// A Bloom filter of trace ids: sixteen bits and two probes a span, so that one body in a hundred is decoded in vain at most.
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

    /// Two bits. Ids are random but for hostile ones, which can only make bodies be decoded in vain.
    @inline(__always)
    private static func bits(_ high: UInt64, _ low: UInt64, _ mask: UInt64) -> (UInt64, UInt64) {
        let mixed: UInt64 = (low ^ (high &* 0x9E37_79B9_7F4A_7C15)) &* 0xD6E8_FEB8_6659_FD93
        return (mixed &>> 20 & mask, mixed &>> 40 & mask)
    }
}
