import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `A rule over single spans` {
    private static let start = 1_800_000_000 * second

    private static func evaluator(_ lines: String...) throws -> RuleEvaluator {
        let rule = ["alert: VerySlow", "match: {service: etcd}", "when: duration > 10s"] + lines
        return RuleEvaluator(try RuleText.load(RuleText.group(rule)).groups)
    }

    /// The states that evaluations every 15 s find, by seconds from the start.
    private static func run(
        _ evaluator: inout RuleEvaluator, _ window: FakeWindow, until end: Int64 = 150
    ) -> [String] {
        var found: [String] = []
        for step in 1...end / 15 {
            for transition in evaluator.evaluate(at: start + step * 15 * second, over: window) {
                found.append("\(step * 15) \(transition.alert.state)")
            }
        }
        return found
    }

    /// A span of etcd each second, some of them long.
    private static func window(slowAt: Set<Int64>, seconds: Range<Int64> = 0..<150) -> FakeWindow {
        let window = FakeWindow()
        for tick in seconds {
            window.add(
                .etcdRange, end: start + tick * second, duration: slowAt.contains(tick) ? 11 * second : millisecond)
        }
        return window
    }

    @Test func `fires at the evaluation after a span matched, and resolves at the next`() throws {
        var evaluator = try Self.evaluator()
        #expect(Self.run(&evaluator, Self.window(slowAt: [20])) == ["30 firing", "45 resolved"])
    }

    @Test func `holds for the rule's over`() throws {
        var evaluator = try Self.evaluator("over: 1m")
        #expect(Self.run(&evaluator, Self.window(slowAt: [20])) == ["30 firing", "90 resolved"])
        var again = try Self.evaluator("over: 1m")
        #expect(Self.run(&again, Self.window(slowAt: [20, 50])) == ["30 firing", "120 resolved"])
    }

    @Test func `keeps firing while no spans arrive at all`() throws {
        var evaluator = try Self.evaluator()
        #expect(Self.run(&evaluator, Self.window(slowAt: [20], seconds: 0..<30)) == ["30 firing"])
        // Other spans arrive, so it is known that there is no slow span of etcd.
        let window = Self.window(slowAt: [20], seconds: 0..<30)
        window.add(.clientRange, end: Self.start + 80 * second)
        var other = try Self.evaluator()
        #expect(Self.run(&other, window) == ["30 firing", "90 resolved"])
    }

    @Test func `reports the longest matching span, with an alert for each combination of the labels in by`() throws {
        var evaluator = try Self.evaluator(
            "by: [operation]", "annotations: {summary: \"{{ $value | humanizeDuration }}\"}")
        let window = FakeWindow()
        for duration: Int64 in [12, 30, 11] {
            window.add(.etcdRange, end: Self.start + second, duration: duration * second)
        }
        window.add(.etcdTxn, end: Self.start + second, duration: 11 * second)
        window.add(.clientRange, end: Self.start + second, duration: 99 * second)
        let alerts = evaluator.evaluate(at: Self.start + 15 * second, over: window).map(\.alert)
        #expect(
            alerts.map(\.labels) == [
                ["operation": "etcdserverpb.KV/Range"], ["operation": "etcdserverpb.KV/Txn"],
            ])
        #expect(alerts.map(\.value) == [30, 11])
        #expect(alerts.map { $0.annotations["summary"] } == ["30s", "11s"])
    }

    @Test func `ignores a late span`() throws {
        var evaluator = try Self.evaluator("over: 1m")
        let window = Self.window(slowAt: [])
        #expect(evaluator.evaluate(at: Self.start + 15 * second, over: window).isEmpty)
        window.add(.etcdRange, end: Self.start + 14 * second, duration: 20 * second)
        #expect(evaluator.evaluate(at: Self.start + 30 * second, over: window).isEmpty)
        window.add(.etcdRange, end: Self.start + 31 * second, duration: 20 * second)
        #expect(evaluator.evaluate(at: Self.start + 45 * second, over: window).map(\.alert.state) == [.firing])
    }

    @Test(arguments: [
        ("duration > 10s", [10_000_000_001...Int64.max]), ("10s <= duration", [10_000_000_000...Int64.max]),
        ("duration < 1.1s and duration > 0.5 * 1s", [500_000_001...1_099_999_999]),
        ("not (duration >= 5ms)", [0...4_999_999]), ("duration == 7ns", [7...7]),
        ("duration != 0s", [1...Int64.max]), ("duration > -1s", [0...Int64.max]),
        ("duration < 1s or duration > 2s or duration == 1s", [0...1_000_000_000, 2_000_000_001...Int64.max]),
    ])
    func `knows the durations that its condition holds for`(text: String, ranges: [ClosedRange<Int64>]) throws {
        #expect(try Condition(text, of: .single).durations?.ranges == ranges)
    }

    @Test(arguments: 0..<40)
    func `finds in the window what looking at every span finds`(seed: UInt64) throws {
        var random = TestSupport.SeededGenerator(seed: seed)
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        var spans: [(operation: String, end: Int64, duration: Int64)] = []
        for _ in 0..<2_000 {
            let span = (
                operation: ["a", "b", "c"].randomElement(using: &random) ?? "a",
                end: Self.start + Int64.random(in: 0..<60_000, using: &random) * millisecond,
                duration: Int64.random(in: 0...(1 << Int64.random(in: 0...40, using: &random)), using: &random)
            )
            spans.append(span)
            builder.add(service: "etcd", operation: span.operation, end: span.end, duration: span.duration)
        }
        _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
        let view = window.view()
        for _ in 0..<20 {
            let from = Self.start + Int64.random(in: -5_000..<60_000, using: &random) * millisecond
            let to = from + Int64.random(in: 0..<30_000, using: &random) * millisecond
            let limit = Int64.random(in: 0...(1 << Int64.random(in: 0...40, using: &random)), using: &random)
            let selection = Selection(
                groupOfSeries: view.operations.map { $0.operation == "c" ? -1 : $0.operation == "a" ? 1 : 0 },
                groupCount: 3, quantiles: [])
            let found = view.find(.spans, from: from, to: to, selection, lasting: [0...3, limit...Int64.max])
            let inRange = spans.filter { $0.end >= from && $0.end < to && ($0.duration <= 3 || $0.duration >= limit) }
            let expected = ["b", "a", "-"].map { name in inRange.filter { $0.operation == name }.map(\.duration).max() }
            #expect(found.longest == expected, "seed \(seed)")
        }
    }
}
