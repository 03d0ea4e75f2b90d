import TestSupport
import Testing

@testable import Engine

@Suite struct `Spans that a verdict can't see` {
    private static let start = HistoryOracle.start / hour * hour

    private static func append(
        _ seconds: some Sequence<Int64>, from id: UInt64, to window: inout Window, _ arrival: Int64
    ) {
        var builder = BatchBuilder(firstID: id)
        for number in seconds { builder.add(end: start + number * second) }
        _ = window.append(builder.batch, arrival: start + arrival * second, evaluatedUpTo: .min)
    }

    @Test func `are those that have left the window`() {
        var window = Window(limits: WindowLimits(duration: 10 * minute))
        for number in 0..<Int64(1_200) { Self.append([number], from: UInt64(number) + 1, to: &window, number) }
        window.foldEvicted()
        let view = window.view()
        let early = view.unseenSpans(in: Self.start + minute..<Self.start + 2 * minute, ofCluster: "")
        #expect(early.areEvicted && early.areConsiderable(among: 60))
        let late = view.unseenSpans(in: Self.start + 18 * minute..<Self.start + 19 * minute, ofCluster: "")
        #expect(!late.areEvicted && late.count == 0 && !late.areConsiderable(among: 60))
    }

    @Test func `are those that came after requests were divided among components`() {
        var window = Window(limits: WindowLimits(duration: nil))
        Self.append(0..<60, from: 1, to: &window, 60)
        var attributor = Attributor(settle: 30 * second)
        let settled = attributor.settle(window.view(), at: Self.start + 120 * second)
        Self.append([1, 2, 3, 31], from: 100, to: &window, 120)
        var view = window.view()
        for slot in settled { view.attach(slot) }
        func unseen(_ from: Int64, _ to: Int64, _ cluster: String = "") -> UnseenSpans {
            view.unseenSpans(in: Self.start + from * second..<Self.start + to * second, ofCluster: cluster)
        }
        #expect(unseen(0, 5).count == 3 && unseen(0, 5).areConsiderable(among: 8))
        #expect(unseen(0, 60).count == 4 && unseen(0, 60).areConsiderable(among: 64))
        #expect(unseen(5, 30).count == 0)
        #expect(unseen(0, 60, "east").count == 0)
        #expect(!unseen(30, 60).areConsiderable(among: 30))
        #expect(!unseen(0, 60).areEvicted)
    }
}
