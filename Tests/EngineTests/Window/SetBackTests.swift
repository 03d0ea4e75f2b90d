import Engine
import Testing
import TestSupport

/// A window whose clock is set back.
@Suite struct `A window that is set back` {
    private static func statistics(_ window: borrowing Window, from: Int64, to: Int64) -> LatencyStatistics {
        let view = window.view()
        let all = Selection(groupOfSeries: view.operations.map { _ in 0 }, groupCount: 1, quantiles: [0.5])
        return view.measure(.spans, from: from, to: to, [all])[0][0]
    }

    @Test(arguments: [second, 30 * second, 5 * minute, hour, 3 * hour, 30 * 24 * hour], [true, false])
    func `counts all that came, but in no range from the new time on`(step: Int64, isFolded: Bool) {
        var oracle = HistoryOracle(seed: 7, limits: WindowLimits(duration: 20 * minute))
        while oracle.now < HistoryOracle.start + 2 * hour {
            oracle.append()
            if isFolded { oracle.window.foldEvicted() }
        }
        let clock = oracle.now - step
        let before = oracle.spans.count
        oracle.window.setBack(to: clock)
        // Times within the slot of the new time (in the history, its minute) aren't told apart.
        let next = (clock / minute + 1) * minute
        #expect(Self.statistics(oracle.window, from: next, to: next + 4 * hour).count == 0)
        func all() -> Int { oracle.window.view().operationSummaries().reduce(0) { $0 + $1.count } }
        #expect(all() == before)
        // Those that are in no range are counted.
        let left = Self.statistics(oracle.window, from: 0, to: next + 4 * hour).count
        #expect(oracle.window.setBackCount == before - left)

        // Spans that arrive at the new time are found there.
        var builder = BatchBuilder(firstID: 1 << 40)
        for tick in 0..<60 { builder.add(operation: "New", end: next + Int64(tick) * second) }
        let outcome = oracle.window.append(builder.batch, arrival: next + minute, evaluatedUpTo: clock)
        #expect(outcome.accepted == 60)
        #expect(Self.statistics(oracle.window, from: next, to: next + minute).count == 60)
        oracle.window.foldEvicted()
        #expect(Self.statistics(oracle.window, from: next, to: next + minute).count == 60)
        #expect(all() == before + 60)
    }
}
