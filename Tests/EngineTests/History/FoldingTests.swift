import Engine
import Testing
import TestSupport

@Suite struct `What is read of the history` {
    /// How many spans are bucketed depends on which thread is ahead. In ranges of a few minutes some series have no
    /// spans.
    @Test(arguments: 0..<4) func `doesn't depend on when it is bucketed`(seed: UInt64) {
        let limits = WindowLimits(duration: 10 * minute)
        var early = HistoryOracle(seed: seed, limits: limits)
        var late = HistoryOracle(seed: seed, limits: limits)
        var random = SeededGenerator(seed: seed)
        while early.now < HistoryOracle.start + 2 * hour {
            early.append(spans: 4)
            late.append(spans: 4)
            early.window.foldEvicted()
            let views = (early.window.view(), late.window.view())
            for operation in views.0.operations.indices {
                let selection = Selection(
                    groupOfSeries: views.0.operations.indices.map { $0 == operation ? 0 : -1 }, groupCount: 1,
                    quantiles: [0.5, 0.99])
                let from = early.now - Int64.random(in: 0..<(30 * minute), using: &random)
                let to = from + Int64.random(in: second..<(3 * minute), using: &random)
                #expect(
                    views.0.measure(.spans, from: from, to: to, [selection])
                        == views.1.measure(.spans, from: from, to: to, [selection]))
            }
        }
    }
}
