import TestSupport
import Testing

@testable import Engine

/// What an attributor keeps between slots.
@Suite("What attribution keeps")
struct AttributorMemoryTests {
    private static let width = Window.slotWidth
    private static let start: Int64 = 1_767_225_600_000_000_000

    /// A window of ten slots in which slots settle one after the other.
    private struct Flow: ~Copyable {
        var attributor = Attributor(settle: 0)
        var window = Window(limits: WindowLimits(duration: 10 * width))
        private var nextID: UInt64 = 1
        private var slot: Int64 = 0

        /// Appends a slot's spans, then attributes what has settled.
        mutating func add(spans count: Int, duration: Int64 = 1_000_000) {
            var builder = BatchBuilder(firstID: nextID)
            let time = AttributorMemoryTests.start + slot * AttributorMemoryTests.width
            for span in 0..<count {
                let end = time + Int64(span) * 1_000
                builder.addRequest(method: "GET", target: "/api/v1/pods", end: end, duration: duration)
            }
            nextID += UInt64(count)
            slot += 1
            _ = window.append(builder.batch, arrival: time, evaluatedUpTo: .min)
            for slot in attributor.settle(window.view(), at: time) {
                window.attach(slot)
            }
        }
    }

    @Test func `nothing is kept of requests that have settled`() {
        var flow = Flow()
        for _ in 0..<20 { flow.add(spans: 500) }
        let bytes = flow.attributor.byteCount
        for _ in 0..<200 { flow.add(spans: 500) }
        #expect(flow.attributor.byteCount < bytes + bytes / 10)
        #expect(flow.attributor.totals.requestCount == 219 * 500)
    }

    @Test func `memory for a large slot is freed once slots are small`() {
        var flow = Flow()
        for _ in 0..<5 { flow.add(spans: 100) }
        let small = flow.attributor.byteCount
        flow.add(spans: 50_000)
        flow.add(spans: 100)
        #expect(flow.attributor.byteCount > 50_000 * 40)
        for _ in 0..<3 { flow.add(spans: 100) }
        #expect(flow.attributor.byteCount < 2 * small)
    }

    @Test func `spans that reach back are dropped with their slot`() {
        var flow = Flow()
        for _ in 0..<5 { flow.add(spans: 1_000) }
        let bytes = flow.attributor.byteCount
        for _ in 0..<20 { flow.add(spans: 1_000, duration: 2 * Self.width) }
        for _ in 0..<20 { flow.add(spans: 1_000) }
        #expect(flow.attributor.byteCount < 2 * bytes)
    }

    @Test func `attributions count as memory of the window`() throws {
        var flow = Flow()
        for _ in 0..<2 { flow.add(spans: 1_000) }
        let view = flow.window.view()
        let settled = try #require(view.slots.first?.attribution)
        // One part for each request: 16 bytes for the request, 13 for its duration, 15 for its part, 8 for the span's self
        // time; and one more, what is known of the one source, and how its spans and requests were sampled.
        let ofSource = MemoryLayout<SourceTies>.stride + 2 * MemoryLayout<SampledCounts.Share>.stride
        #expect(settled.byteCount == 1_000 * (16 + 13 + 15 + 8) + 8 + ofSource)
        #expect(view.slots.last?.attribution == nil)
    }
}
