import Engine
import Testing
import TestSupport

@Suite struct `The history` {
    private static let limits = [
        WindowLimits(duration: 10 * minute), WindowLimits(duration: hour),
        WindowLimits(duration: nil, bytesMax: 150_000), WindowLimits(duration: 20 * minute, bytesMax: 80_000),
    ]

    @Test(arguments: 0..<3, 0..<4)
    func `together with the window measures what a naive count does`(seed: UInt64, limits: Int) {
        var oracle = HistoryOracle(seed: seed, limits: Self.limits[limits])
        while oracle.now < HistoryOracle.start + 4 * hour {
            oracle.append()
            // Spans that left the window count the same before and after they are bucketed.
            if oracle.chance(4) { oracle.window.foldEvicted() }
            if oracle.chance(20) {
                let (a, b) = (oracle.randomMinute(), oracle.randomMinute())
                oracle.check(from: min(a, b), to: max(a, b), counted: min(a, b)..<max(a, b))
            }
        }
        oracle.check(from: .min, to: .max, counted: .min ..< .max)
        let start = HistoryOracle.start
        oracle.check(from: start, to: oracle.now, counted: start..<oracle.now)
    }

    @Test(arguments: 0..<4) func `a range before the window is rounded to whole minutes`(seed: UInt64) {
        var oracle = HistoryOracle(seed: seed, limits: WindowLimits(duration: 10 * minute))
        while oracle.now < HistoryOracle.start + 4 * hour {
            oracle.append()
            if oracle.chance(2) { oracle.window.foldEvicted() }
        }
        func nearestMinute(_ time: Int64) -> Int64 { (time + minute / 2) / minute * minute }
        for _ in 0..<12 {
            let from = HistoryOracle.start + oracle.random(below: 3 * hour)
            let to = from + oracle.random(below: 40 * minute) + 1
            let begin = nearestMinute(from)
            oracle.check(from: from, to: to, counted: begin..<max(nearestMinute(to), begin + minute))
            // The later end is exact where the window holds it.
            let late = oracle.now - oracle.random(below: 5 * minute)
            oracle.check(from: from, to: late, counted: begin..<late)
        }
    }

    @Test(arguments: [false, true])
    func `a range that begins in a minute half of which has left begins with it or with the window`(isFolded: Bool) {
        var window = Window(limits: WindowLimits(duration: 10 * minute))
        let start = HistoryOracle.start / minute * minute
        for number in 0..<Int64(755) {
            var builder = BatchBuilder()
            builder.add(end: start + number * second, id: UInt64(number + 1))
            _ = window.append(builder.batch, arrival: start + number * second, evaluatedUpTo: .min)
        }
        if isFolded { window.foldEvicted() }
        let view = window.view()
        func measured(from: Int64) -> (count: Int, seconds: Double) {
            let all = Selection(groupOfSeries: view.operations.map { _ in 0 }, groupCount: 1, quantiles: [])
            let statistics = view.measure(.spans, from: start + from * second, to: start + 240 * second, [all])[0][0]
            return (statistics.count, (Double(240 - from) * statistics.coverage).rounded())
        }
        // Spans that ended before 2:30 have left the window.
        #expect(measured(from: 155) == (85, 85), "all of it is in the window")
        #expect(measured(from: 140) == (90, 90))
        #expect(measured(from: 130) == (120, 120))
        #expect(measured(from: 120) == (120, 120))
        #expect(measured(from: 100) == (120, 120))
        #expect(measured(from: 80) == (180, 180))
        // A longer range never has less than a shorter one.
        let counts = (0..<155).map { measured(from: $0).count }
        #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 >= $1 })
    }

    @Test func `a range that is wholly in the window stays exact`() {
        var oracle = HistoryOracle(seed: 1, limits: WindowLimits(duration: 30 * minute))
        while oracle.now < HistoryOracle.start + 2 * hour { oracle.append() }
        oracle.window.foldEvicted()
        let view = oracle.window.view()
        let (from, to) = (oracle.now - 29 * minute, oracle.now - 7 * second)
        let all = Selection(groupOfSeries: view.operations.map { _ in 0 }, groupCount: 1, quantiles: [0.5, 0.99])
        var naive = NaiveStatistics()
        for span in oracle.spans where span.end >= from && span.end < to {
            naive.add(span.duration, isError: span.isError)
        }
        let measured = view.measure(.spans, from: from, to: to, [all])[0][0]
        #expect(measured.quantiles == [naive.quantile(0.5), naive.quantile(0.99)])
    }

    @Test func `a view stays as it was while the history goes on`() {
        var oracle = HistoryOracle(seed: 2, limits: WindowLimits(duration: 10 * minute))
        while oracle.now < HistoryOracle.start + 2 * hour {
            oracle.append()
            oracle.window.foldEvicted()
        }
        let view = oracle.window.view()
        let count = oracle.spans.count
        while oracle.now < HistoryOracle.start + 4 * hour {
            oracle.append()
            oracle.window.foldEvicted()
        }
        #expect(view.operationSummaries().reduce(0) { $0 + $1.count } == count)
        #expect(oracle.window.view().operationSummaries().reduce(0) { $0 + $1.count } == oracle.spans.count)
    }

    @Test func `rows of series that left the window are told apart from exact ones`() {
        var window = Window(limits: WindowLimits(duration: minute))
        var first = BatchBuilder()
        first.add(operation: "Old", end: HistoryOracle.start, duration: 7)
        _ = window.append(first.batch, arrival: HistoryOracle.start, evaluatedUpTo: .min)
        var second = BatchBuilder(firstID: 2)
        second.add(operation: "New", end: HistoryOracle.start + hour, duration: 9)
        _ = window.append(second.batch, arrival: HistoryOracle.start + hour, evaluatedUpTo: .min)
        for _ in 0..<2 {
            let rows = window.view().operationSummaries().sorted { $0.labels.operation < $1.labels.operation }
            #expect(rows.map(\.labels.operation) == ["New", "Old"])
            #expect(rows.map(\.isExact) == [true, false])
            #expect(rows.map(\.count) == [1, 1])
            #expect(rows.map(\.max) == [9, 7])
            window.foldEvicted()
        }
    }
}
