import Engine
import TestSupport
import Testing

/// A window keeps to its memory limit, whatever arrives and however it is read.
@Suite struct `The memory of a window` {
    private static let start: Int64 = 1_767_225_600 * second

    private static func window(_ bytesMax: Int) -> Window {
        var limits = WindowLimits(duration: nil, bytesMax: bytesMax)
        limits.isEndless = true
        limits.history.keepsSum = false
        return Window(limits: limits)
    }

    private static func append(_ spans: Int, at end: Int64, to window: inout Window, firstID: UInt64) -> AppendOutcome {
        var builder = BatchBuilder(firstID: firstID)
        for _ in 0..<spans { builder.add(end: end) }
        return window.append(builder.batch, arrival: end, evaluatedUpTo: .min)
    }

    @Test func `a burst into one slot takes half of the window at most, and the rest counts in the history`() {
        var window = Self.window(4 << 20)
        var accepted = 0
        for part in 0..<20 {
            accepted += Self.append(10_000, at: Self.start, to: &window, firstID: UInt64(part) * 10_000 + 1).accepted
            #expect(window.byteCount <= 4 << 20)
            window.foldEvicted()
        }
        #expect(accepted == 200_000)
        #expect(window.unattributed.full > 100_000)
        #expect(window.spanCount + window.unattributed.full == 200_000)
        let view = window.view()
        #expect(view.operationSummaries().map(\.count) == [200_000])
        let slot = Self.start..<Self.start + Window.slotWidth
        #expect(view.operationSummaries(in: slot).map(\.isExact) == [false], "most are only in the history's minutes")
        #expect(view.spanRate(in: nil, now: slot.upperBound + 10_000_000_000) == 40_000)
    }

    @Test func `spans that arrive after their slot has left the window are counted as unattributed`() {
        var window = Self.window(1 << 20)
        for slot in 0..<8 {
            _ = Self.append(
                10_000, at: Self.start + Int64(slot) * Window.slotWidth, to: &window, firstID: UInt64(slot) * 10_000 + 1
            )
        }
        let before = window.unattributed.evicted
        let late = Self.append(30, at: Self.start, to: &window, firstID: 1 << 40)
        #expect(late.accepted == 30)
        #expect(window.unattributed.evicted == before + 30)
        #expect(window.spanCount + window.unattributed.full + window.unattributed.evicted == 80_030)
    }

    @Test func `evicted spans that a reader holds are counted, but evict no others`() {
        var window = Self.window(8 << 20)
        func fill(from first: Int, _ slots: Int) {
            for slot in first..<first + slots {
                _ = Self.append(
                    4_000, at: Self.start + Int64(slot) * Window.slotWidth, to: &window,
                    firstID: UInt64(slot) * 4_000 + 1)
                window.foldEvicted()
            }
        }
        fill(from: 0, 60)
        let usual = window.byteCount
        #expect(usual > 7 << 20)
        do {
            let view = window.view()
            fill(from: 60, 60)
            #expect(window.byteCount == usual)
            #expect(window.bytesHeld > 4 << 20)
            #expect(view.slots.count > 10)
        }
        fill(from: 120, 60)
        #expect(window.bytesHeld == 0)
        #expect(window.byteCount == usual)
    }
}
