import Testing
import TestSupport

@testable import Engine

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

/// An evaluation settles slots and then reads a view from before.
@Suite struct `A slot that settles` {
    @Test(arguments: [false, true])
    func `is attributed once for the window and for the evaluation under way`(hasChanged: Bool) throws {
        var window = Window(limits: WindowLimits(duration: nil))
        var attributor = Attributor(settle: 30 * second)
        var summarizer = SlotSummarizer(rowsMin: 1)
        func append(from id: UInt64) {
            var builder = BatchBuilder(firstID: id)
            for number in 0..<50 {
                builder.addRequest(
                    method: "GET", target: "/api/v1/pods", end: base + Int64(number) * 90_000_000, duration: second)
            }
            _ = window.append(builder.batch, arrival: base + 10 * second, evaluatedUpTo: .min)
        }
        append(from: 1)
        _ = attributor.attributed(window.view(), upTo: base + 10 * second, &summarizer, thresholds: [])
        if hasChanged { append(from: 1_000) }

        let view = window.view()
        let settled = try #require(attributor.settle(view, at: base + 60 * second).first)
        let seen = attributor.attributed(view, upTo: base + 30 * second, &summarizer, thresholds: []).slots[0]
        #expect(seen.attribution === settled.attribution)
        #expect(seen.attribution?.requests.count == (hasChanged ? 100 : 50))
        #expect(seen.attributionSummary?.requests.series.map(\.tally.count) == [hasChanged ? 100 : 50])
    }
}
