import Engine
import TestSupport
import Testing

@testable import Rules

struct RuleEvaluatorTests {
    private static let start = 1_800_000_000 * second

    /// Twenty spans a second for `seconds` seconds from `start`.
    private static func window(_ labels: OperationLabels..., duration: Int64, seconds: Int64 = 60)
        -> FakeWindow
    {
        let window = FakeWindow()
        for labels in labels {
            for tick in 0..<seconds {
                window.add(labels, end: start + tick * second, duration: duration, times: 20)
            }
        }
        return window
    }

    @Test func `a breach fires only once it has held for the whole duration, and resolves when it is over`()
        throws
    {
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {service: etcd}", "when: p99 > 150ms and count >= 50", "over: 30s",
            "by: [operation]", "for: 30s", "labels: {severity: page}",
            "annotations: {summary: \"{{ $labels.operation }} {{ $value | humanizeDuration }}\"}")
        let window = Self.window(.etcdRange, duration: 200 * millisecond)
        for tick in Int64(60)..<100 {
            window.add(.etcdRange, end: Self.start + tick * second, duration: millisecond, times: 20)
        }
        var transitions: [AlertTransition] = []
        var time = Self.start
        while let next = evaluator.nextEvaluation(after: time), next <= Self.start + 200 * second {
            time = next
            transitions += evaluator.evaluate(at: time, over: window)
        }
        #expect(transitions.map(\.alert.state) == [.pending, .firing, .resolved])
        // The windows that begin at 60 s and later hold no slow span.
        #expect(transitions.map { ($0.time - Self.start) / second } == [15, 45, 90])
        #expect(transitions.map(\.isNotified) == [false, true, true])
        let resolved = try #require(transitions.last?.alert)
        #expect(resolved.labels == ["operation": "etcdserverpb.KV/Range", "severity": "page"])
        #expect(resolved.annotations == ["summary": "etcdserverpb.KV/Range 200ms"])
        #expect(resolved.activeAt == Self.start + 15 * second)
        #expect(resolved.firedAt == Self.start + 45 * second)
        #expect(resolved.resolvedAt == Self.start + 90 * second)
        #expect(resolved.value == 0.2)
        #expect(evaluator.numberedAlerts.isEmpty)
    }

    @Test func `silence neither fires nor resolves`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {service: etcd}", "when: p99 > 150ms", "over: 15s")
        let window = Self.window(.etcdRange, duration: 200 * millisecond, seconds: 15)
        #expect(
            evaluator.evaluate(at: Self.start + 15 * second, over: window).map(\.alert.state) == [.firing])
        for step in Int64(2)..<20 {
            #expect(evaluator.evaluate(at: Self.start + step * 15 * second, over: window).isEmpty)
        }
        #expect(evaluator.numberedAlerts.map(\.alert.state) == [.firing])
    }

    @Test func `a group's limit applies to each of its rules`() throws {
        let text = RuleText.group(
            ["alert: Slow", "select: {service: etcd}", "when: p99 > 150ms", "over: 15s", "by: [operation]"])
        let limited = text.replacing("    rules:", with: "    limit: 1\n    rules:")
        var evaluator = RuleEvaluator(try RuleText.load(limited).groups)
        let window = Self.window(.etcdRange, .etcdTxn, duration: second)
        let alerts = evaluator.evaluate(at: Self.start + 15 * second, over: window).map(\.alert)
        #expect(alerts.map { $0.labels["operation"] } == ["etcdserverpb.KV/Range"])
        #expect(evaluator.refusedAlerts == 1)
    }

    @Test func `after a restart an empty or thin window neither fires nor resolves, and gives no number`() throws {
        let rules = [
            "p99 > 150ms and count >= 50", "mean > 0s and count >= 50",
            "burn_rate(99%, 1ms, 1m) > 14.4 and count >= 50",
            "error_ratio < 50% and count >= 50", "p99 > 3 * p99 offset 1m", "seen == 0 and count offset 1m >= 50",
            "rate < 1/s and count offset 1m >= 10", "errors / count offset 1m > 1%", "not p99 < 1us and count > 60",
        ]
        for rule in rules {
            var evaluator = try RuleText.evaluator(
                "alert: A", "select: {service: etcd}", "when: \"\(rule)\"", "over: 1m")
            let window = FakeWindow()
            #expect(evaluator.evaluate(at: Self.start, over: window).isEmpty, "\(rule)")
            window.add(.etcdRange, end: Self.start + second, duration: second, isError: true, times: 9)
            for step in Int64(1)...20 {
                let time = Self.start + step * 15 * second
                #expect(evaluator.evaluate(at: time, over: window).isEmpty, "\(rule) \(step)")
            }
        }
    }

    @Test func `a rule over operations never seen does nothing`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {service: none}", "when: p99 < 1s or not count > 0", "over: 15s")
        let window = Self.window(.etcdRange, duration: 1)
        #expect(evaluator.evaluate(at: Self.start + 15 * second, over: window).isEmpty)
    }

    @Test func `there is an alert for each combination of the labels in by`() throws {
        let window = Self.window(.etcdRange, .etcdTxn, .clientRange, duration: second)
        func alerts(by: String) throws -> [[String: String]] {
            var evaluator = try RuleText.evaluator(
                "alert: Slow", "select: {operation: \"=~ .*\"}", "when: p99 > 150ms", "over: 15s", "by: \(by)"
            )
            return evaluator.evaluate(at: Self.start + 15 * second, over: window).map(\.alert.labels)
        }
        #expect(try alerts(by: "[]") == [[:]])
        #expect(try alerts(by: "[service]") == [["service": "etcd"], ["service": "apiserver"]])
        #expect(try alerts(by: "[operation]").count == 2)
        #expect(try alerts(by: "[service, operation]").count == 3)
    }

    @Test func `rules over requests see requests`() throws {
        let window = FakeWindow()
        window.add(.listPods, end: Self.start, duration: 40 * second, times: 10)
        window.add(.getPod, end: Self.start, duration: millisecond, times: 10)
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {verb: \"=~ get|list\", resource: pods}", "when: max > 30s", "over: 15s",
            "by: [verb, subresource]")
        let found = evaluator.evaluate(at: Self.start + 15 * second, over: window)
        #expect(found.map(\.alert.labels) == [["verb": "list"]])
    }

    @Test func `a window ends before the time of its evaluation`() throws {
        let window = FakeWindow()
        window.add(.etcdRange, end: Self.start + 15 * second, duration: second)
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {service: etcd}", "when: count > 0", "over: 15s")
        #expect(evaluator.evaluate(at: Self.start + 15 * second, over: window).isEmpty)
        #expect(evaluator.evaluate(at: Self.start + 30 * second, over: window).count == 1)
    }

    @Test func `an offset looks at an earlier window`() throws {
        let window = FakeWindow()
        window.add(.etcdRange, end: Self.start, duration: 10 * millisecond, times: 50)
        window.add(.etcdRange, end: Self.start + 60 * second, duration: 40 * millisecond, times: 50)
        var evaluator = try RuleText.evaluator(
            "alert: Slower", "select: {service: etcd}", "when: p99 > 3 * p99 offset 1m", "over: 15s")
        #expect(evaluator.evaluate(at: Self.start + 15 * second, over: window).isEmpty)
        let found = evaluator.evaluate(at: Self.start + 75 * second, over: window)
        #expect(found.map(\.alert.value) == [0.04])
    }

    @Test func `rules that look at the same range share one measurement`() throws {
        func rule(_ name: String, _ select: String, _ when: String) -> String {
            "      - {alert: \(name), select: {\(select)}, when: \"\(when)\", over: 30s}\n"
        }
        let text =
            "groups:\n  - name: a\n    rules:\n" + rule("A", "service: etcd", "p99 > 1s")
            + rule("B", "service: etcd", "p50 > 1s and p99 > 3 * p99 offset 30s")
            + rule("C", "kind: SERVER", "p99 > 1s")
            + rule("D", "verb: list", "p99 > 1s") + "  - name: b\n    interval: 5s\n    rules:\n"
            + rule("E", "service: etcd", "errors > 1")
        var evaluator = RuleEvaluator(try RuleText.load(text).groups)
        let window = Self.window(.etcdRange, duration: second)
        window.add(.listPods, end: Self.start)
        let time = Self.start + 15 * second
        _ = evaluator.evaluate(at: time, over: window)
        #expect(
            window.calls == [
                .init(population: .spans, from: time - 30 * second, to: time, selections: 2),
                .init(population: .spans, from: time - 60 * second, to: time - 30 * second, selections: 1),
                .init(population: .requests, from: time - 30 * second, to: time, selections: 1),
            ])
        window.forgetCalls()
        _ = evaluator.evaluate(at: time + 5 * second, over: window)
        #expect(window.calls.map(\.selections) == [1])
    }

    @Test func `series that appear later join their groups`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {service: etcd}", "when: count > 0", "over: 15s", "by: [operation]")
        let window = FakeWindow()
        window.add(.clientRange, end: Self.start)
        #expect(evaluator.evaluate(at: Self.start + 15 * second, over: window).isEmpty)
        window.add(.etcdTxn, end: Self.start + 20 * second)
        #expect(
            evaluator.evaluate(at: Self.start + 30 * second, over: window).map(\.alert.labels)
                == [["operation": "etcdserverpb.KV/Txn"]])
    }

    @Test func `a rule tracks alerts up to its limit and counts the rest`() throws {
        let file = try RuleText.load(
            RuleText.group([
                "alert: A", "select: {service: etcd}", "when: count > 0", "over: 15s", "by: [operation]",
            ]))
        var evaluator = RuleEvaluator(file.groups, alertLimit: 3)
        let window = FakeWindow()
        for number in 0..<5 {
            window.add(
                OperationLabels(service: "etcd", operation: "op\(number)", kind: .server), end: Self.start)
        }
        #expect(evaluator.evaluate(at: Self.start + 15 * second, over: window).count == 3)
        #expect(evaluator.numberedAlerts.count == 3)
        #expect(evaluator.refusedAlerts == 2)
    }

    // MARK: Times

    @Test func `evaluations fall on multiples of the interval`() throws {
        let text = "groups:\n- {name: a, interval: 15s, rules: []}\n- {name: b, interval: 20s, rules: []}\n"
        let evaluator = RuleEvaluator(try RuleText.load(text).groups)
        var times: [Int64] = []
        var time = 15 * second - 1
        while times.count < 5, let next = evaluator.nextEvaluation(after: time) {
            times.append(next / second)
            time = next
        }
        #expect(times == [15, 20, 30, 40, 45])
        #expect(evaluator.nextEvaluation(after: -1) == 0)
        #expect(evaluator.nextEvaluation(after: -20 * second) == -15 * second)
        #expect(evaluator.nextEvaluation(after: .max) == nil)
        #expect(RuleEvaluator([]).nextEvaluation(after: 0) == nil)
        _ = evaluator.nextEvaluation(after: .min)
    }

    @Test func `a group is evaluated only when it is due`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {service: etcd}", "when: count > 0", "over: 15s")
        let window = Self.window(.etcdRange, duration: 1)
        #expect(evaluator.evaluate(at: Self.start + 16 * second, over: window).isEmpty)
        #expect(window.calls.isEmpty)
    }

    @Test func `extreme times don't trap`() throws {
        var evaluator = try RuleText.evaluator(
            "alert: Slow", "select: {service: etcd}", "when: count offset 1h > 0", "over: 1h")
        let window = Self.window(.etcdRange, duration: 1)
        let interval = 15 * second
        for time in [Int64.min / interval * interval, 0, Int64.max / interval * interval] {
            #expect(evaluator.evaluate(at: time, over: window).isEmpty)
        }
    }

    // MARK: Reload

    @Test func `a reload keeps the alerts of unchanged rules and returns those of removed ones`() throws {
        func file(_ rules: [(name: String, threshold: String)]) throws -> [RuleGroup] {
            let lines = rules.map {
                "      - {alert: \($0.name), select: {service: etcd}, when: p99 > \($0.threshold), over: 15s, for: 30s}\n"
            }
            return try RuleText.load("groups:\n  - name: g\n    rules:\n" + lines.joined()).groups
        }
        let window = Self.window(.etcdRange, duration: second)
        var evaluator = RuleEvaluator(try file([("Kept", "1ms"), ("Changed", "1ms"), ("Removed", "1ms")]))
        _ = evaluator.evaluate(at: Self.start + 15 * second, over: window)
        #expect(evaluator.numberedAlerts.map(\.alert.name) == ["Kept", "Changed", "Removed"])

        let gone = evaluator.replaceRules(try file([("New", "1ms"), ("Changed", "2ms"), ("Kept", "1ms")]))
        #expect(gone.map(\.name) == ["Changed", "Removed"])
        #expect(evaluator.numberedAlerts.map(\.alert.name) == ["Kept"])
        #expect(evaluator.numberedAlerts.map(\.alert.activeAt) == [Self.start + 15 * second])

        _ = evaluator.evaluate(at: Self.start + 30 * second, over: window)
        let fired = evaluator.evaluate(at: Self.start + 45 * second, over: window)
        #expect(fired.map(\.alert.name) == ["Kept"])
    }

    @Test func `a fingerprint depends only on name and labels`() {
        func alert(_ labels: [String: String], _ state: AlertState = .firing) -> Alert {
            Alert(name: "A", labels: labels, annotations: [:], state: state, activeAt: 0)
        }
        #expect(alert(["a": "b"]).fingerprint == alert(["a": "b"], .resolved).fingerprint)
        #expect(alert(["a": "b"]).fingerprint != alert(["ab": ""]).fingerprint)
        #expect(alert([:]).fingerprint.wholeMatch(of: /[0-9a-f]{16}/) != nil)
    }
}
