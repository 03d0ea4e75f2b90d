import Engine
import Testing
import TestSupport

@Suite struct `The limits of a history` {
    private func limits(_ duration: Int64 = 96 * hour, bytesMax: Int = 64 << 20) -> WindowLimits {
        WindowLimits(duration: 5 * minute, history: HistoryLimits(duration: duration, bytesMax: bytesMax))
    }

    @Test(arguments: [40_000, 100_000])
    func `its bytes stay within the limit, and dropped spans still count in the totals`(bytesMax: Int) {
        var oracle = HistoryOracle(seed: 3, limits: limits(bytesMax: bytesMax))
        while oracle.now < HistoryOracle.start + 12 * hour {
            oracle.append()
            oracle.window.foldEvicted()
            #expect(oracle.window.history.byteCount <= bytesMax)
        }
        let rows = oracle.window.view().operationSummaries()
        #expect(rows.reduce(0) { $0 + $1.count } == oracle.spans.count)
        #expect(rows.reduce(0) { $0 + $1.errors } == oracle.spans.count { $0.isError })
        #expect(rows.reduce(0) { $0 + $1.sum } == oracle.spans.reduce(0 as Int128) { $0 + Int128($1.duration) })
        #expect(rows.map(\.max).max() == oracle.spans.map(\.duration).max())
    }

    @Test func `minutes go before hours, so that long ranges stay`() throws {
        var oracle = HistoryOracle(seed: 4, limits: limits(bytesMax: 120_000))
        while oracle.now < HistoryOracle.start + 12 * hour {
            oracle.append()
            oracle.window.foldEvicted()
        }
        let oldest = try #require(oracle.window.history.oldest)
        #expect(oldest <= HistoryOracle.start)
        // Hours entirely in the range count; parts of others don't.
        let start = HistoryOracle.start
        oracle.check(from: start, to: start + 3 * hour, counted: start..<start + 3 * hour)
        oracle.check(
            from: start + 20 * minute, to: start + 3 * hour + 20 * minute, counted: start + hour..<start + 3 * hour)
        let recent = oracle.now - 2 * hour
        oracle.check(from: recent / minute * minute, to: oracle.now, counted: recent / minute * minute..<oracle.now)
    }

    @Test func `hours beyond the duration go, and later spans of their time still count in the totals`() throws {
        var oracle = HistoryOracle(seed: 5, limits: limits(2 * hour))
        while oracle.now < HistoryOracle.start + 9 * hour {
            oracle.append()
            oracle.window.foldEvicted()
        }
        let oldest = try #require(oracle.window.history.oldest)
        #expect(oldest > oracle.now - 3 * hour - 5 * minute)
        #expect(oracle.window.view().operationSummaries().reduce(0) { $0 + $1.count } == oracle.spans.count)
        let from = oracle.now / hour * hour - hour
        oracle.check(from: from, to: from + 50 * minute, counted: from..<from + 50 * minute)
    }

    @Test func `spans of any time at all leave it bounded`() {
        var random = SeededGenerator(seed: 6)
        var window = Window(limits: limits(bytesMax: 100_000))
        let now = HistoryOracle.start
        for part in 0..<12 {
            var builder = BatchBuilder(firstID: UInt64(part * 250 + 1))
            for _ in 0..<250 {
                let end = Int64.random(in: 1...now, using: &random)
                let recent = now - Int64.random(in: 0...100 * hour, using: &random)
                builder.add(
                    operation: "op-\(Int.random(in: 0..<100, using: &random))",
                    end: Bool.random(using: &random) ? end : recent, duration: 1)
            }
            _ = window.append(builder.batch, arrival: now, evaluatedUpTo: .min)
            window.foldEvicted()
            #expect(window.history.byteCount <= 100_000)
        }
        #expect(window.view().operationSummaries().reduce(0) { $0 + $1.count } == 3_000)
    }
}
