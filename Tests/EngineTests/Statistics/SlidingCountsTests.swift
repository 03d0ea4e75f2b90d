import Engine
import TestSupport
import Testing

/// 2026-01-01T00:00:00Z
private let base: Int64 = 1_767_225_600 * second

@Suite struct `Sliding counts` {
    private static let thresholds: [Int64] = [millisecond, 40 * second]

    @Test(arguments: 0..<8, [false, true])
    func `follow what measuring finds, with summaries of slots and without`(seed: UInt64, hasSummaries: Bool) {
        var random = SeededGenerator(seed: seed)
        var window = Window(limits: WindowLimits(duration: nil))
        var plain = Window(limits: WindowLimits(duration: nil))
        var summarizer = SlotSummarizer(rowsMin: 1)
        var counts = SlidingCounts(.spans, thresholds: Self.thresholds)
        var tallies = SlidingCounts(.spans, thresholds: Self.thresholds, keepsBuckets: false)
        var id: UInt64 = 1
        var to = base
        for step in 0..<40 {
            var builder = BatchBuilder()
            for _ in 0..<Int.random(in: 0..<400, using: &random) {
                builder.add(
                    operation: "op-\(Int.random(in: 0..<5 + step / 4, using: &random))",
                    end: to - Int64.random(in: -5 * second..<80 * second, using: &random),
                    duration: Int64.random(in: 0..<1 << Int64.random(in: 1...62, using: &random), using: &random),
                    isError: Bool.random(using: &random), id: id)
                id += 1
            }
            _ = window.append(builder.batch, arrival: to, evaluatedUpTo: .min)
            _ = plain.append(builder.batch, arrival: to, evaluatedUpTo: .min)
            // A step, a leap, and sometimes a step back.
            to += [5, 5, 15, 60, 600, -10].randomElement(using: &random).map { $0 * second } ?? 0
            var view = window.view()
            if hasSummaries {
                // Sometimes made before a rule with these thresholds was there.
                let known = Bool.random(using: &random) ? Self.thresholds : []
                for summaries in summarizer.summarize(&view, upTo: to, thresholds: known) { window.attach(summaries) }
            }
            let isWanted = view.operations.indices.map { $0 % 3 != 1 }
            let isCounted = counts.advance(
                over: view, from: to - 60 * second, to: to, isWanted: isWanted, bytesMax: 1 << 24)
            #expect(isCounted)
            let isTallied = tallies.advance(
                over: view, from: to - 60 * second, to: to, isWanted: isWanted, bytesMax: 1 << 24)
            #expect(isTallied)
            for series in isWanted.indices.filter({ isWanted[$0] }).map({ [Int32($0)] }) {
                #expect(tallies.tally(of: series.span) == counts.tally(of: series.span))
                for threshold in Self.thresholds.indices {
                    #expect(
                        tallies.bad(of: series.span, threshold: threshold)
                            == counts.bad(of: series.span, threshold: threshold))
                }
            }
            expectSame(counts, plain.view(), from: to - 60 * second, to: to, isWanted)
            expectSame(counts, view, from: to - 60 * second, to: to, isWanted)
        }
    }

    @Test func `follow what measuring finds in a slot with thousands of spans of a series`() {
        var random = SeededGenerator(seed: 1)
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for (operation, count) in [("busy", 5_000), ("usual", 500), ("rare", 5)] {
            for _ in 0..<count {
                builder.add(
                    operation: operation, end: base + Int64.random(in: 0..<5 * second, using: &random),
                    duration: Int64.random(in: 0..<1 << Int64.random(in: 1...40, using: &random), using: &random),
                    isError: Int.random(in: 0..<3, using: &random) == 0, id: UInt64(builder.batch.count + 1))
            }
        }
        _ = window.append(builder.batch, arrival: base + 60 * second, evaluatedUpTo: .min)
        var view = window.view()
        var summarizer = SlotSummarizer(rowsMin: 1)
        let summaries = summarizer.summarize(&view, upTo: base + 60 * second, thresholds: Self.thresholds)
        #expect(summaries.count == 1)
        var counts = SlidingCounts(.spans, thresholds: Self.thresholds)
        let isWanted = view.operations.map { _ in true }
        let isCounted = counts.advance(
            over: view, from: base, to: base + 60 * second, isWanted: isWanted, bytesMax: 1 << 24)
        #expect(isCounted)
        expectSame(counts, window.view(), from: base, to: base + 60 * second, isWanted)
    }

    /// Requests change when their slot is attributed again: an authentication that arrived since may belong to one.
    @Test(arguments: 0..<8, [false, true])
    func `follow requests whose authentication arrives later`(seed: UInt64, hasSummaries: Bool) {
        var random = SeededGenerator(seed: seed)
        var window = Window(limits: WindowLimits(duration: nil))
        var attributor = Attributor(settle: 30 * second)
        var summarizer = SlotSummarizer(rowsMin: 1)
        var counts = SlidingCounts(.requests, thresholds: Self.thresholds)
        var id: UInt64 = 1
        var to = base
        var waiting: [(end: Int64, duration: Int64)] = []
        var found = 0
        for _ in 0..<40 {
            var builder = BatchBuilder(firstID: id)
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                let end = to - Int64.random(in: -5 * second..<80 * second, using: &random)
                let duration = Int64.random(in: 0..<60 * second, using: &random)
                let resource = ["pods", "nodes", "secrets"].randomElement(using: &random) ?? ""
                builder.addRequest(method: "GET", target: "/api/v1/\(resource)", end: end, duration: duration)
                waiting.append((end, duration + Int64.random(in: 0..<second, using: &random)))
            }
            // Some arrive with their request, the others after the next step.
            waiting.shuffle(using: &random)
            for (end, duration) in waiting.suffix(waiting.count / 2) {
                builder.add(operation: "authentication", end: end + 5_000, duration: duration + 5_000)
            }
            waiting.removeLast(waiting.count / 2)
            id += UInt64(builder.batch.count)
            _ = window.append(builder.batch, arrival: to, evaluatedUpTo: .min)
            to += [5, 5, 15, 60].randomElement(using: &random).map { $0 * second } ?? 0
            for slot in attributor.settle(window.view(), at: to) {
                window.attach(slot)
            }
            var view = window.view()
            if hasSummaries {
                for summaries in summarizer.summarize(&view, upTo: to, thresholds: Self.thresholds) {
                    window.attach(summaries)
                }
                view = attributor.attributed(view, upTo: to, &summarizer, thresholds: Self.thresholds)
            } else {
                view = attributor.attributed(view)
            }
            let isWanted = view.requests.indices.map { $0 != 1 }
            let isCounted = counts.advance(
                over: view, from: to - 60 * second, to: to, isWanted: isWanted, bytesMax: 1 << 24)
            #expect(isCounted)
            expectSame(counts, view, from: to - 60 * second, to: to, isWanted)
            found += view.componentSummaries(of: view.requestSummaries()).joined().count {
                $0.component == .authentication
            }
        }
        #expect(found > 0)
    }

    private func expectSame(
        _ counts: SlidingCounts, _ view: WindowView, from: Int64, to: Int64, _ isWanted: [Bool]
    ) {
        let quantiles = [0.01, 0.5, 0.9, 0.99, 1]
        let wanted = isWanted.indices.filter { isWanted[$0] }.map { Int32($0) }
        // Each series, and all of them together.
        for members in wanted.map({ [$0] }) + [wanted] {
            let selection = Selection(
                groupOfSeries: isWanted.indices.map { members.contains(Int32($0)) ? 0 : -1 }, groupCount: 1,
                quantiles: quantiles, thresholds: Self.thresholds)
            let exact = view.measure(counts.population, from: from, to: to, [selection])[0][0]
            let tally = counts.tally(of: members.span)
            #expect((tally.count, tally.errors) == (exact.count, exact.errors))
            #expect(tally.sum == exact.sum)
            for (threshold, bad) in exact.bad.enumerated() {
                #expect(counts.bad(of: members.span, threshold: threshold) == bad)
            }
            for (quantile, value) in zip(quantiles, exact.quantiles) {
                let bounds = counts.bounds(of: quantile, of: members.span, count: tally.count)
                #expect(bounds.contains(value))
                #expect(Double(bounds.upperBound) <= Double(bounds.lowerBound) * 1.011 + 1)
            }
        }
    }

    private func view(of count: Int, limits: WindowLimits = WindowLimits(duration: nil)) -> WindowView {
        var window = Window(limits: limits)
        var builder = BatchBuilder()
        for number in 0..<Int64(count) {
            builder.add(end: base + number * second / 10, duration: 1 << (number % 40), id: UInt64(number + 1))
        }
        _ = window.append(builder.batch, arrival: base + 600 * second, evaluatedUpTo: .min)
        return window.view()
    }

    private func canFollow(
        _ view: WindowView, from: Int64 = base, to: Int64 = base + 60 * second, bytesMax: Int = 1 << 20
    ) -> Bool {
        var counts = SlidingCounts(.spans)
        let isWanted = view.operations.map { _ in true }
        let isCounted = counts.advance(over: view, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
        #expect(isCounted || counts.byteCount == 0)
        return isCounted
    }

    @Test func `don't follow a range that cuts slots`() {
        let view = view(of: 1_000)
        #expect(canFollow(view))
        #expect(!canFollow(view, from: base + 1))
        #expect(!canFollow(view, to: base + 12 * second))
        #expect(!canFollow(view, from: base + 60 * second))
        #expect(!canFollow(view, from: .min, to: .max))
    }

    @Test func `don't follow a range that begins before the window does`() {
        let view = view(of: 1_000, limits: WindowLimits(duration: 590 * second))
        #expect(!canFollow(view))
        #expect(canFollow(view, from: base + 10 * second))
    }

    @Test func `keep to their memory limit, and try again when the excess has left`() {
        let view = view(of: 1_000)
        #expect(!canFollow(view, bytesMax: 4_000))
        var counts = SlidingCounts(.spans)
        func advance(_ start: Int64, _ bytesMax: Int) -> Bool {
            counts.advance(
                over: view, from: base + start * second, to: base + (start + 60) * second,
                isWanted: view.operations.map { _ in true }, bytesMax: bytesMax)
        }
        #expect(!advance(0, 4_000))
        #expect(!advance(55, 1 << 20))
        #expect(advance(60, 1 << 20))
    }
}
