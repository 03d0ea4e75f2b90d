import Engine
import OTLP
import TestSupport
import Testing

@testable import Traces

@Suite struct `Bodies are compressed` {
    private static let limit = 1 << 20
    private let bodies = RecentBodies(limit: limit)

    private static func id(_ number: Int) -> TraceID {
        TraceID(high: 0x0101_0101_0101_0101, low: UInt64(number) &* 0x9E37_79B9_7F4A_7C15)
    }

    private static func message(_ number: Int, text: String) -> [UInt8] {
        WireSpanExample.request([
            WireSpanExample {
                let low = id(number).low
                $0.traceID =
                    [UInt8](repeating: 1, count: 8)
                    + (0..<8).map { UInt8(truncatingIfNeeded: low >> (56 - 8 * $0)) }
                $0.spanID = [UInt8](repeating: 7, count: 8)
                $0.texts = [("text", text), ("number", "\(number)")]
            }
        ])
    }

    /// Text that can't be compressed.
    private static func noise(_ number: Int, count: Int) -> String {
        var state = UInt64(number) &* 0xD6E8_FEB8_6659_FD93 | 1
        return String(
            decoding: (0..<count).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1
                return UInt8(33 + state >> 33 % 90)
            }, as: UTF8.self)
    }

    private func receive(_ number: Int, text: String) throws {
        let message = Self.message(number, text: text)
        var batch = SpanBatch()
        try unsafe SpanDecoder().decode(message.span.bytes, into: &batch)
        try #require(batch.count == 1)
        unsafe bodies.keep(message.span.bytes, batch, arrival: Int64(number))
    }

    private func kept(_ number: Int) -> Bool {
        let message = Self.message(number, text: Self.text)
        return bodies.bodies(mayHold: [Self.id(number)]).contains { Self.bytes($0) == message }
    }

    private static func bytes(_ body: RecentBodies.Body) -> [UInt8] {
        body.withBytes { bytes in unsafe bytes.withUnsafeBytes { unsafe [UInt8]($0) } }
    }

    private static let text = String(repeating: "/api/v1/namespaces/default/pods ", count: 40)

    @Test func `reach back several times as far in the same memory, byte for byte`() throws {
        let count = 4 * Self.limit / Self.text.utf8.count
        for number in 1...count {
            try receive(number, text: Self.text)
            if number % 40 == 0 { bodies.compress(within: .seconds(10)) }
            #expect(bodies.use.byteCount <= Self.limit)
        }
        #expect(bodies.use.oldest == 1)
        #expect((1...count).allSatisfy(kept))
        // And then they are evicted, the oldest first.
        for number in count + 1...20 * count {
            try receive(number, text: Self.text)
            if number % 40 == 0 { bodies.compress(within: .seconds(10)) }
            #expect(bodies.use.byteCount <= Self.limit)
        }
        #expect(!kept(1) && kept(20 * count) && kept(19 * count))
    }

    @Test func `one of them is read as it came while it is compressed`() throws {
        for number in 1...200 { try receive(number, text: Self.text) }
        let body = try #require(bodies.bodies(mayHold: [Self.id(1)]).first)
        bodies.compress(within: .seconds(10))
        for number in 201...400 { try receive(number, text: Self.text) }
        #expect(Self.bytes(body) == Self.message(1, text: Self.text))
        #expect(kept(1))
    }

    @Test func `not where little would be gained, nor without time`() throws {
        for number in 1...100 { try receive(number, text: Self.noise(number, count: 2_000)) }
        let before = bodies.use
        bodies.compress(within: .seconds(10))
        #expect(bodies.use == before)
        for number in 101...400 { try receive(number, text: Self.text) }
        let full = bodies.use
        bodies.compress(within: .zero)
        #expect(bodies.use == full)
        bodies.compress(within: .seconds(10))
        #expect(bodies.use.byteCount < full.byteCount)
    }

    @Test func `large ones too`() throws {
        try receive(1, text: String(repeating: Self.text, count: 400))
        try receive(2, text: Self.text)
        let before = bodies.use.byteCount
        bodies.compress(within: .seconds(10))
        #expect(bodies.use.byteCount < before / 2)
        let found = try #require(bodies.bodies(mayHold: [Self.id(1)]).first)
        #expect(found.withBytes { $0.byteCount } > 400 * Self.text.utf8.count)
    }
}
