import Engine
import OTLP
import TestSupport
import Testing

@testable import Traces

@Suite struct `Traces kept beyond the bodies` {
    private let bodies = RecentBodies(limit: 1 << 20)

    private static func id(_ number: UInt8) -> TraceID {
        TraceID(high: UInt64(number) * 0x0101_0101_0101_0101, low: UInt64(number) * 0x0101_0101_0101_0101)
    }

    /// Receives a span of a trace.
    private func receive(_ span: UInt8, of trace: UInt8, bytes: Int = 10) throws {
        let message = WireSpanExample.request([
            WireSpanExample {
                $0.traceID = [UInt8](repeating: trace, count: 16)
                $0.spanID = [UInt8](repeating: span, count: 8)
                $0.texts = [("text", String(repeating: "x", count: bytes))]
            }
        ])
        var batch = SpanBatch()
        try unsafe SpanDecoder().decode(message.span.bytes, into: &batch)
        try #require(batch.count == 1)
        unsafe bodies.keep(message.span.bytes, batch, arrival: 1)
    }

    /// Pushes everything out of the bodies.
    private func fill() throws {
        for _ in 0..<20 { try receive(1, of: 255, bytes: 60_000) }
    }

    private func spans(_ kept: KeptTraces, of trace: UInt8) -> [UInt64] {
        WholeTraces(RecentBodies(limit: 0), kept: [kept]).traces([Self.id(trace)]).flatMap { $0.spans.map(\.spanID) }
    }

    @Test func `outlive the bodies, with the spans that come later, until nobody wants them`() throws {
        let kept = KeptTraces(limit: 1 << 16)
        try receive(1, of: 1)
        try receive(1, of: 2)
        kept.keep([Self.id(1)], from: bodies)
        try fill()
        try receive(2, of: 1)
        kept.keep([Self.id(1)], from: bodies)
        try fill()
        #expect(bodies.bodies(mayHold: [Self.id(1)]).isEmpty)
        #expect(spans(kept, of: 1) == [0x0101_0101_0101_0101, 0x0202_0202_0202_0202])
        #expect(spans(kept, of: 2) == [])
        #expect(kept.use.count == 1)
        kept.keep([], from: bodies)
        #expect(spans(kept, of: 1) == [])
        #expect(kept.use == KeptTraces.Use(byteCount: 0, count: 0))
    }

    @Test func `are looked for as long as their spans may come, ever more seldom`() throws {
        let kept = KeptTraces(limit: 1 << 16)
        var found: [Int] = []
        for second in 1...80 {
            try receive(UInt8(second), of: 1)
            let before = spans(kept, of: 1).count
            kept.keep([Self.id(1)], from: bodies)
            if spans(kept, of: 1).count > before { found.append(second) }
        }
        #expect(found == [1, 2, 4, 8, 16, 32])
    }

    @Test func `take no more than their limit`() throws {
        let kept = KeptTraces(limit: 10_000)
        for trace: UInt8 in 1...5 { try receive(1, of: trace, bytes: 3_000) }
        kept.keep(Set((1...5).map { Self.id($0) }), from: bodies)
        #expect(kept.use.count == 3)
        #expect((9_000...10_000).contains(kept.use.byteCount))
        let none = KeptTraces(limit: 0)
        none.keep([Self.id(1)], from: bodies)
        #expect(none.use == KeptTraces.Use(byteCount: 0, count: 0))
    }

    @Test func `borrow their room from the bodies, and give it back`() throws {
        let kept = KeptTraces(limit: 1 << 18)
        for trace: UInt8 in 1...4 { try receive(1, of: trace, bytes: 60_000) }
        kept.keep(Set((1...4).map { Self.id($0) }), from: bodies)
        #expect(kept.use.byteCount > 240_000)
        for _ in 0..<40 {
            try receive(1, of: 255, bytes: 60_000)
            #expect(bodies.use.byteCount + kept.use.byteCount <= 1 << 20)
        }
        #expect(bodies.use.byteCount < 800_000)
        kept.keep([], from: bodies)
        for _ in 0..<40 { try receive(1, of: 255, bytes: 60_000) }
        #expect(bodies.use.byteCount > 900_000)
    }
}
