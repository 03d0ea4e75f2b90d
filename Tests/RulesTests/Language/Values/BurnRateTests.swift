import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `A burn rate` {
    private static let start = 1_767_225_600 * second

    @Test(arguments: [
        ("99", 0.01), ("99.9", 0.001), ("99.99", 0.0001), ("50", 0.5), ("99.999999", 0.00000001), ("0.5", 0.995),
    ])
    func `is relative to what the objective allows, to the last digit`(percent: String, budget: Double) {
        #expect(Objective(percent: percent)?.budget == budget)
    }

    @Test(arguments: ["100", "0", "0.0", "100.5", "99.1234567", "", ".", "x"])
    func `refuses objectives of 0%, 100% and other text`(percent: String) {
        #expect(Objective(percent: percent) == nil)
    }

    @Test func `counts what failed or took longer than the threshold, exactly within a bucket`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Burning", "select: {service: etcd}",
            "when: burn_rate(90%, 1003ms, 1m) > 3 and burn_rate(90%, 1003ms, 15s) > 3")
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for tick in Int64(0)..<60 {
            // One latency bucket holds everything around 1003 ms: 0.11 % on each side.
            builder.add(service: "etcd", end: Self.start + tick * second, duration: 1_003 * millisecond)
            builder.add(service: "etcd", end: Self.start + tick * second, duration: 1_003 * millisecond + 1)
            builder.add(service: "etcd", end: Self.start + tick * second, duration: millisecond, isError: tick >= 45)
            builder.add(service: "etcd", end: Self.start + tick * second, duration: 2 * second, isError: tick >= 45)
        }
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        let alert = try #require(
            evaluator.evaluate(at: Self.start + 60 * second, over: window.view()).first?.alert)
        // 2 of 4 are slow, a quarter of the time 1 of 4 more fails: (120 + 15) / 240 / 0.1.
        #expect(alert.value == 135.0 / 240 / 0.1)
    }

    @Test func `asks for evidence of its shortest window`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Burning", "select: {service: etcd}",
            "when: burn_rate(99%, 1s, 10m) > 14.4 and burn_rate(99%, 1s, 1m) > 14.4")
        let window = FakeWindow()
        window.add(.etcdRange, end: Self.start, duration: 2 * second)
        _ = evaluator.evaluate(at: Self.start + 15 * second, over: window)
        #expect(window.questions.map(\.over) == [minute])
    }

    @Test func `needs all of its windows, and resolves with the shortest`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Burning", "select: {service: etcd}",
            "when: burn_rate(99%, 1s, 10m) > 14.4 and burn_rate(99%, 1s, 1m) > 14.4")
        let window = FakeWindow()
        for tick in Int64(0)..<1_200 {
            let isSlow = (300..<500).contains(tick)
            window.add(.etcdRange, end: Self.start + tick * second, duration: isSlow ? 2 * second : millisecond)
        }
        var found: [String] = []
        for step in Int64(1)...80 {
            for transition in evaluator.evaluate(at: Self.start + step * 15 * second, over: window) {
                found.append("\(step * 15) \(transition.alert.state)")
            }
        }
        // 60 of the first 360 s are more than 14.4 %; so is the last minute until 552 s.
        #expect(found == ["360 firing", "555 resolved"])
    }

    @Test func `has no data without spans, and then changes nothing`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Burning", "select: {service: etcd}", "when: burn_rate(99%, 1s, 1m) > 14.4")
        let window = FakeWindow()
        window.add(.etcdRange, end: Self.start, duration: 2 * second, times: 10)
        #expect(evaluator.evaluate(at: Self.start + 15 * second, over: window).map(\.alert.state) == [.firing])
        for step in Int64(2)...20 {
            #expect(evaluator.evaluate(at: Self.start + step * 15 * second, over: window).isEmpty)
        }
    }

    @Test func `of what left the window is within its histograms' error`() throws {
        var window = Window(limits: WindowLimits(duration: 60 * second))
        var bad = 0
        var nextID: UInt64 = 1
        for tick in Int64(0)..<1_200 {
            var builder = BatchBuilder(firstID: nextID)
            for number in Int64(0)..<10 {
                let isError = (tick + number) % 7 == 0
                let duration = number * 300 * millisecond
                // The second of the bounds is on a bucket's edge: exact.
                bad += isError || duration > second ? 1 : 0
                builder.add(service: "etcd", end: Self.start + tick * second, duration: duration, isError: isError)
                nextID += 1
            }
            _ = window.append(builder.batch, arrival: Self.start + tick * second, evaluatedUpTo: .min)
            window.foldEvicted()
        }
        let view = window.view()
        let selection = Selection(
            groupOfSeries: view.operations.map { _ in 0 }, groupCount: 1, quantiles: [], thresholds: [second])
        let measured = view.measure(.spans, from: Self.start, to: Self.start + 1_200 * second, [selection])
        #expect(measured[0][0].count == 12_000)
        #expect(measured[0][0].bad == [bad])
    }
}
