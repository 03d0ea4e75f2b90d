import Engine
import Foundation
import TestSupport
import Testing

@testable import Rules

/// One process ends, and another continues with what it saved.
@Suite struct `Alerts of the last run` {
    private static let start = 1_800_000_000 * second

    private static func rule(_ more: String..., threshold: Int = 100) -> [String] {
        ["alert: Slow", "select: {service: etcd}", "when: max > \(threshold)ms", "over: 1m"] + more
    }

    private static func evaluator(_ rules: [String]...) throws -> RuleEvaluator {
        let text =
            "groups:\n  - name: g\n    rules:\n"
            + rules.map { "      - " + $0.joined(separator: "\n        ") + "\n" }.joined()
        return RuleEvaluator(try RuleText.load(text).groups)
    }

    /// Spans every second over some seconds, counted from the start.
    private static func window(slow: Range<Int64>, fast: Range<Int64> = 0..<0) -> FakeWindow {
        let window = FakeWindow()
        for tick in slow { window.add(.etcdRange, end: start + tick * second, duration: 200_000_000) }
        for tick in fast { window.add(.etcdRange, end: start + tick * second, duration: 1_000_000) }
        return window
    }

    /// The changes found by evaluations every 15 seconds, as `seconds state`.
    private static func run(
        _ evaluator: inout RuleEvaluator, _ window: FakeWindow, from first: Int64, to last: Int64
    ) -> [String] {
        stride(from: first, through: last, by: 15).flatMap { time in
            evaluator.evaluate(at: start + time * second, over: window).map { "\(time) \($0.alert.state)" }
        }
    }

    /// The state at a time, encoded to a file's bytes and back.
    private static func saved(_ evaluator: RuleEvaluator, at time: Int64) throws -> SavedAlerts {
        try SavedAlerts(try evaluator.savedAlerts(at: start + time * second).encoded())
    }

    @Test func `a firing alert keeps firing without another notification, and resolves with its original start`() throws
    {
        var before = try Self.evaluator(Self.rule())
        #expect(
            Self.run(&before, Self.window(slow: 0..<60), from: 15, to: 60) == ["15 pending", "15 firing"].suffix(1))
        let left = before.numberedAlerts.map(\.alert)

        var after = try Self.evaluator(Self.rule())
        #expect(after.restore(try Self.saved(before, at: 60), at: Self.start + 90 * second) == 1)
        #expect(after.numberedAlerts.map(\.alert) == left)
        // No spans have arrived yet, then all is well, but the window of a minute isn't full before 150.
        let window = Self.window(slow: 0..<0, fast: 120..<300)
        #expect(Self.run(&after, window, from: 105, to: 135) == [])
        #expect(after.numberedAlerts.map(\.alert) == left)
        #expect(Self.run(&after, window, from: 150, to: 150) == ["150 resolved"])
    }

    @Test func `evidence still tells when the fault began`() throws {
        let window = Self.window(slow: 0..<60)
        window.evidence = AlertEvidence(
            culprit: AlertEvidence.Culprit(side: "etcd", component: "etcd", certainty: .clear, why: "etcd: it is slow"),
            components: [], traces: [], startedAt: Self.start + 5 * second)
        var before = try Self.evaluator(Self.rule())
        _ = Self.run(&before, window, from: 15, to: 60)
        var after = try Self.evaluator(Self.rule())
        after.restore(try Self.saved(before, at: 60), at: Self.start + 90 * second)
        #expect(after.numberedAlerts.map(\.alert.evidence) == [window.evidence])
    }

    @Test func `a pending alert continues, not counting the time without evaluations`() throws {
        var before = try Self.evaluator(Self.rule("for: 2m"))
        #expect(Self.run(&before, Self.window(slow: 0..<60), from: 15, to: 60) == ["15 pending"])
        // 45 seconds of the two minutes have passed; then comes an outage of five minutes.
        var after = try Self.evaluator(Self.rule("for: 2m"))
        #expect(after.restore(try Self.saved(before, at: 60), at: Self.start + 360 * second) == 1)
        #expect(Self.run(&after, Self.window(slow: 360..<500), from: 375, to: 435) == ["435 firing"])
    }

    @Test func `a long for has at least ten minutes left`() throws {
        var before = try Self.evaluator(Self.rule("for: 15m"))
        #expect(Self.run(&before, Self.window(slow: 0..<900), from: 15, to: 900) == ["15 pending"])
        var after = try Self.evaluator(Self.rule("for: 15m"))
        after.restore(try Self.saved(before, at: 900), at: Self.start + 960 * second)
        #expect(Self.run(&after, Self.window(slow: 960..<2000), from: 975, to: 1560) == ["1560 firing"])
    }

    @Test(arguments: [(3600, 1), (3601, 0)])
    func `after more than an hour nothing is pending`(outage: Int64, count: Int) throws {
        var before = try Self.evaluator(Self.rule("for: 2m"))
        _ = Self.run(&before, Self.window(slow: 0..<60), from: 15, to: 60)
        var after = try Self.evaluator(Self.rule("for: 2m"))
        let now = Self.start + (60 + outage) * second
        #expect(after.restore(try Self.saved(before, at: 60), at: now) == count)
    }

    @Test func `only a rule that has changed starts over`() throws {
        let other = ["alert: Other", "select: {service: etcd}", "when: max > 150ms", "over: 1m"]
        var before = try Self.evaluator(Self.rule(), other)
        _ = Self.run(&before, Self.window(slow: 0..<60), from: 15, to: 60)
        let saved = try Self.saved(before, at: 60)
        for changed in [
            Self.rule(threshold: 101), Self.rule("for: 1s"), Self.rule("labels: {severity: page}"),
            Self.rule("annotations: {summary: slow}"), Self.rule("by: [operation]"),
        ] {
            var after = try Self.evaluator(changed, other)
            #expect(after.restore(saved, at: Self.start + 75 * second) == 1)
            #expect(after.numberedAlerts.map(\.alert.name) == ["Other"])
        }
        // A rule that is written differently but means the same is the same rule.
        var after = try Self.evaluator(Self.rule("for: 0s"), other)
        #expect(after.restore(saved, at: Self.start + 75 * second) == 2)
    }

    @Test func `a single span that matched counts for as long as it would have`() throws {
        let rule = ["alert: Slow", "match: {service: etcd}", "when: duration > 100ms", "over: 2m"]
        var before = try Self.evaluator(rule)
        _ = Self.run(&before, Self.window(slow: 5..<6), from: 15, to: 30)
        var after = try Self.evaluator(rule)
        after.restore(try Self.saved(before, at: 30), at: Self.start + 45 * second)
        #expect(Self.run(&after, Self.window(slow: 0..<0, fast: 45..<200), from: 60, to: 180) == ["135 resolved"])
    }

    @Test func `notifications that may not have reached the queues are saved too`() throws {
        let saved = try Self.evaluator(Self.rule()).savedAlerts(at: Self.start)
        #expect(saved.unsentAlerts == [])
        let unsent = [UnsentAlert(.firing(), sequence: 3), UnsentAlert(.resolved("Other"), sequence: 4)]
        let contents = try saved.adding(unsent: unsent).encoded()
        #expect(try SavedAlerts(contents).unsentAlerts == unsent)
        // As written in files without numbers.
        let text = String(decoding: contents, as: UTF8.self).withoutChecksum
        let older = text.replacing(/,"sequence":[34]/, with: "")
        #expect(older != text)
        #expect(try SavedAlerts(Data(older.utf8)).unsentAlerts.map(\.sequence) == [0, 0])
        for number in ["-1", "9223372036854775807", "1e300"] {
            let wrong = text.replacing("\"sequence\":3", with: "\"sequence\":\(number)")
            #expect(throws: (any Error).self) { try SavedAlerts(Data(wrong.utf8)) }
        }
    }

    @Test func `any other file is refused`() throws {
        let whole = try Self.evaluator(Self.rule()).savedAlerts(at: Self.start).encoded()
        #expect(throws: Never.self) { try SavedAlerts(whole) }
        let broken = ["", "{}", "[]", #"{"version":2,"evaluatedAt":"2026-11-23T04:16:16Z","alerts":[]}"#]
        for text in broken { #expect(throws: (any Error).self) { try SavedAlerts(Data(text.utf8)) } }
        #expect(throws: (any Error).self) { try SavedAlerts(whole.dropLast(20)) }
    }
}
