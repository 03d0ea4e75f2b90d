import Engine
import Testing
import TestSupport

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

/// Rules over shares of components ask for sums alone.
@Suite struct `Sums of parts` {
    @Test(arguments: 0..<4, [false, true])
    func `are those of a measurement of everything`(seed: UInt64, hasSummaries: Bool) {
        var random = SeededGenerator(seed: seed)
        let view = attributedView(hasSummaries: hasSummaries, &random)
        for range in [base..<base + 30 * second, base + second..<base + 17 * second, base..<base] {
            let groups = (0..<view.requests.count * ComponentTable.countMax).map { _ in
                Int32.random(in: -1..<3, using: &random)
            }
            func measure(wantsMax: Bool) -> [LatencyStatistics] {
                view.measure(
                    .parts, from: range.lowerBound, to: range.upperBound,
                    [Selection(groupOfSeries: groups, groupCount: 3, quantiles: [], wantsMax: wantsMax)])[0]
            }
            for (sums, all) in zip(measure(wantsMax: false), measure(wantsMax: true)) {
                #expect(sums.count == all.count)
                #expect(sums.errors == all.errors)
                #expect(sums.sum == all.sum)
            }
        }
    }

    private func attributedView(hasSummaries: Bool, _ random: inout SeededGenerator) -> WindowView {
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for _ in 0..<400 {
            let end = base + Int64.random(in: 0..<30 * second, using: &random)
            let duration = Int64.random(in: 0..<second, using: &random)
            let resource = ["pods", "nodes", "secrets"].randomElement(using: &random) ?? ""
            builder.addRequest(method: "GET", target: "/api/v1/\(resource)", end: end, duration: duration)
            builder.add(operation: "authentication", end: end + 5_000, duration: duration + 5_000)
        }
        _ = window.append(builder.batch, arrival: base + 60 * second, evaluatedUpTo: .min)
        var attributor = Attributor()
        for slot in attributor.settle(window.view(), at: .max) { window.attach(slot) }
        var view = window.view()
        var summarizer = SlotSummarizer(rowsMin: 1)
        if hasSummaries { _ = summarizer.summarize(&view, upTo: .max, thresholds: []) }
        return view
    }
}
