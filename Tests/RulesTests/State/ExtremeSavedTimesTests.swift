import Engine
import Foundation
import Support
import Testing
import TestSupport

@testable import Rules

@Suite struct `Saved alerts with extreme times` {
    private static let texts = [
        "1677-09-21T00:12:44Z", "1970-01-01T00:00:00Z", "2026-11-27T23:46:29Z", "2116-02-20T23:53:38.427387904Z",
        "2116-02-20T23:53:38.427387905Z", "2262-04-11T23:47:16.854775807Z", "9999-12-31T23:59:59Z", "now",
    ]

    private static func evaluator() throws -> RuleEvaluator {
        RuleEvaluator(
            try RuleText.load(
                """
                groups:
                  - name: g
                    rules:
                      - {alert: A, select: {service: etcd}, when: max > 1us, over: 1m, keep_firing_for: 3650d}
                      - {alert: P, select: {service: etcd}, when: max > 1us, over: 1m, for: 3650d}
                      - {alert: M, match: {service: etcd}, when: duration > 1us, over: 2h}
                """
            ).groups)
    }

    /// The saved alerts of an evaluator with an alert of each rule.
    private static func saved() throws -> String {
        var evaluator = try Self.evaluator()
        let window = FakeWindow()
        window.add(.etcdRange, end: 1_800_000_000 * second, duration: millisecond)
        window.evidence = AlertEvidence(
            culprit: AlertEvidence.Culprit(side: nil, component: nil, certainty: .notClear, why: "nothing got slower"),
            components: [], traces: [], startedAt: 1_800_000_000 * second)
        _ = evaluator.evaluate(at: 1_800_000_015 * second, over: window)
        let saved = evaluator.savedAlerts(at: 1_800_000_015 * second)
        return String(decoding: try saved.encoded(), as: UTF8.self).withoutChecksum
    }

    @Test(arguments: texts, ["activeAt", "firedAt", "matchedAt", "evaluatedAt", "startedAt"])
    func `are refused with a reason, or continue`(text: String, field: String) throws {
        let pattern = try Regex("\"\(field)\":\"[^\"]*\"")
        let contents = try Self.saved().replacing(pattern, with: "\"\(field)\":\"\(text)\"")
        let saved: SavedAlerts
        do {
            saved = try SavedAlerts(Data(contents.utf8))
        } catch let error as SavedAlertsError {
            #expect(Timestamp.parse(rfc3339: text) == nil)
            #expect(error.description.contains(text))
            return
        }
        #expect(Timestamp.parse(rfc3339: text) != nil)
        for now in [0, 1, 1_800_000_000 * second, TimeLimits.latest] {
            var evaluator = try Self.evaluator()
            evaluator.restore(saved, at: now)
            let window = FakeWindow()
            window.add(.etcdRange, end: max(now - second, 0), duration: millisecond)
            for time in [now, now + 15 * second].map({ $0 - $0 % (15 * second) }) {
                _ = evaluator.evaluate(at: time, over: window)
            }
            evaluator.jump(from: now, to: TimeLimits.latest)
            evaluator.jump(from: TimeLimits.latest, to: 0)
            _ = try SavedAlerts(try evaluator.savedAlerts(at: TimeLimits.nearestTime(now)).encoded())
        }
    }
}
