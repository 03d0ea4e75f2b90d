import Support
import Engine
import TestSupport
import Testing

@testable import Rules
import YAML

/// etcd's series thins out below a rule's minimum count, while others continue or don't.
@Suite struct `An alert without data` {
    private static let start = 1_800_000_000 * second

    /// One slow span of etcd per second for ten minutes, then one every half minute; other spans until some time.
    private static func window(
        others: OperationLabels = .clientRange, until end: Int64 = 3_600, isThin: Bool = true,
        isDense: (Int64) -> Bool = { $0 < 600 }
    ) -> FakeWindow {
        let window = FakeWindow()
        for tick in Int64(0)..<3_600 {
            let time = start + tick * second
            if isDense(tick) || isThin && tick % 30 == 0 && tick < end {
                window.add(.etcdRange, end: time, duration: 200 * millisecond)
            }
            if tick < end { window.add(others, end: time) }
        }
        return window
    }

    private static func run(_ window: FakeWindow, _ more: String..., group: String = "") throws -> [String] {
        let rule = [
            "alert: Slow", "select: {service: etcd}", "when: max > 100ms and count >= 10", "over: 1m",
        ]
        let text =
            "groups:\n  - name: g\n    \(group)\n    rules:\n      - " + (rule + more).joined(separator: "\n        ")
            + "\n"
        var evaluator = RuleEvaluator(try RuleText.load(text).groups)
        return (1...240).flatMap { step in
            evaluator.evaluate(at: start + Int64(step) * 15 * second, over: window).map {
                "\(step * 15) \($0.alert.state)" + ($0.alert.reason.map { " for \($0.rawValue)" } ?? "")
            }
        }
    }

    // The last evaluation with ten spans in its minute is at 645.
    @Test func `resolves after a quarter of an hour while other spans arrive`() throws {
        #expect(try Self.run(Self.window()) == ["15 firing", "1545 resolved for no data"])
    }

    @Test func `stays while no other spans arrive, and that time doesn't count`() throws {
        #expect(try Self.run(Self.window(until: 900)) == ["15 firing"])
        let other = OperationLabels(service: "checkout", operation: "pay", kind: .server)
        #expect(try Self.run(Self.window(others: other, isThin: false)) == ["15 firing"])
    }

    @Test func `stays if the rule or its group says keep`() throws {
        #expect(try Self.run(Self.window(), "no_data: keep") == ["15 firing"])
        #expect(try Self.run(Self.window(), group: "no_data: keep") == ["15 firing"])
    }

    @Test func `resolves after the time that its rule or group says`() throws {
        let expected = ["15 firing", "945 resolved for no data"]
        #expect(try Self.run(Self.window(), "no_data_after: 5m") == expected)
        #expect(try Self.run(Self.window(), group: "no_data_after: 5m") == expected)
        #expect(try Self.run(Self.window(), "no_data_after: 5m", group: "no_data: keep") == expected)
    }

    @Test func `starts counting again after data in between`() throws {
        let window = Self.window { $0 / 600 % 2 == 0 }
        #expect(try Self.run(window, "no_data_after: 12m") == ["15 firing"])
    }

    @Test func `is dropped while it is pending`() throws {
        #expect(try Self.run(Self.window(), "for: 20m", "no_data_after: 5m") == ["15 pending", "945 inactive"])
    }

    @Test func `stays if its condition is about silence`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Silent", "select: {service: etcd}", "when: seen < 100 and count offset 1m >= 10", "over: 1m",
            "no_data_after: 1m")
        let window = Self.window()
        let found = (1...240).flatMap { step in
            evaluator.evaluate(at: Self.start + Int64(step) * 15 * second, over: window)
        }
        #expect(found.last?.alert.state == .firing)
    }

    @Test func `keeps counting in the next process`() throws {
        let text = RuleText.group([
            "alert: Slow", "select: {service: etcd}", "when: max > 100ms and count >= 10", "over: 1m",
        ])
        let window = Self.window()
        var evaluator = RuleEvaluator(try RuleText.load(text).groups)
        var found: [String] = []
        for step in Int64(1)...240 {
            let time = Self.start + step * 15 * second
            if step == 80 {
                let saved = try SavedAlerts(try evaluator.savedAlerts(at: time - 15 * second).encoded())
                evaluator = RuleEvaluator(try RuleText.load(text).groups)
                #expect(evaluator.restore(saved, at: time - 15 * second) == 1)
            }
            found += evaluator.evaluate(at: time, over: window).map { "\(step * 15) \($0.alert.state)" }
        }
        #expect(found == ["15 firing", "1545 resolved"])
    }

    @Test func `says why it resolved`() throws {
        var alert = Alert.resolved()
        alert.reason = .noData
        #expect(try JSONText.encode(AlertJSON(alert)).contains(#""reason":"no data""#))
        #expect(Alert(AlertJSON(alert)) == alert)
        #expect(try JSONText.encode(AlertJSON(.resolved())).contains(#""reason":null"#))
    }

    @Test(arguments: [
        ("no_data: drop", "no_data must be keep or resolve, but found \"drop\""),
        ("no_data_after: soon", "no_data_after must be a duration"),
        (
            "no_data: keep\n        no_data_after: 5m",
            "\"no_data: keep\" never resolves an alert, so no_data_after has no effect"
        ),
    ])
    func `has a policy that is checked`(field: String, problem: String) {
        let text = RuleText.group(["alert: A", "select: {service: etcd}", "when: max > 1s", "over: 1m", field])
        let error = #expect(throws: Diagnostics.self) { try RuleText.load(text) }
        #expect(error?.description.contains(problem) == true, "\(error?.description ?? "")")
    }
}
