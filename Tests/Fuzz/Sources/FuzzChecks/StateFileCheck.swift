import Engine
import Foundation
import Rules
import Support
import TestSupport

/// An arbitrary state file is either refused, or rules continue with it at any time, and what they save then restores
/// the same alerts.
package enum StateFileCheck {
    private static let start: Int64 = 1_795_407_345_000_000_000
    private static let second: Int64 = 1_000_000_000

    package static func check(_ contents: RawSpan) throws(Finding) {
        guard let saved = try? SavedAlerts(Data(contents.array)) else { return }
        for unsent in saved.unsentAlerts { _ = unsent.transition.alert.fingerprint }
        // No clock reads a time beyond the limit, so nothing is evaluated there.
        for now in [0, start, start + 7_200 * second, TimeLimits.latest - 3_600 * second] {
            var evaluator = try evaluator()
            let count = evaluator.restore(saved, at: now)
            try require(evaluator.numberedAlerts.count <= count, "more alerts than were taken")
            try checkSaved(evaluator, at: now)
            evaluate(&evaluator, from: now)
            evaluator.jump(from: now, to: TimeLimits.latest)
            evaluator.jump(from: TimeLimits.latest, to: start)
            try checkSaved(evaluator, at: start)
            evaluate(&evaluator, from: start)
        }
    }

    /// The saved state restores the same alerts.
    private static func checkSaved(_ evaluator: RuleEvaluator, at now: Int64) throws(Finding) {
        var again = try Self.evaluator()
        do {
            let contents = try evaluator.savedAlerts(at: now).encoded()
            again.restore(try SavedAlerts(contents), at: now)
        } catch {
            throw Finding("what was saved can't be read: \(error)")
        }
        // After a restart a pending alert waits for at least ten minutes.
        let firing = { (evaluator: RuleEvaluator) in
            evaluator.numberedAlerts.map(\.alert).filter { $0.state == .firing }
        }
        try require(firing(again) == firing(evaluator), "other alerts go on than were saved")
    }

    private static func evaluate(_ evaluator: inout RuleEvaluator, from now: Int64) {
        var window = Window(limits: WindowLimits(duration: 3_600 * second))
        var builder = BatchBuilder()
        for tick in 0..<20 {
            builder.add(service: "etcd", end: now + Int64(tick) * second + 1, duration: now > 0 ? second : 0)
        }
        _ = window.append(builder.batch, arrival: now + 20 * second, evaluatedUpTo: now)
        var time = now
        while let next = evaluator.nextEvaluation(after: time), next <= now + 3_600 * second {
            _ = evaluator.evaluate(at: next, over: window.view())
            // A few close together, then some far apart.
            time = next < now + 60 * second ? next : next + 1_200 * second
        }
    }

    private static func evaluator() throws(Finding) -> RuleEvaluator {
        do {
            return RuleEvaluator(try RuleFile(rules, file: "rules.yaml", maximumWindow: 7_200 * second).groups)
        } catch {
            throw Finding("rules that are as they should be are refused: \(error)")
        }
    }

    private static let rules = """
        groups:
          - name: g
            rules:
              - {alert: A, select: {service: etcd}, when: max > 1us, over: 1m, keep_firing_for: 10m}
              - {alert: P, select: {service: etcd}, when: max > 1us and count >= 1, over: 1m, for: 1h}
              - {alert: M, match: {service: etcd}, when: duration > 1us, over: 1h}
              - {alert: K, select: {service: etcd}, when: count >= 1, over: 1m, by: [], no_data: keep}
        """

    /// Files as evaluators write them, with alerts of every rule, but without checksums, which would keep out all others.
    package static func examples() throws -> [[UInt8]] {
        var evaluator = try evaluator()
        evaluate(&evaluator, from: start)
        let early = evaluator.savedAlerts(at: start + 45 * second)
        var firing = try Self.evaluator()
        var window = Window(limits: WindowLimits())
        var builder = BatchBuilder()
        for tick in 0..<20 { builder.add(service: "etcd", end: start + Int64(tick) * second, duration: second) }
        _ = window.append(builder.batch, arrival: start + 20 * second, evaluatedUpTo: 0)
        let transitions = firing.evaluate(at: start + 15 * second, over: window.view())
        let told = firing.savedAlerts(at: start + 15 * second).adding(
            unsent: transitions.map { UnsentAlert($0.alert, sequence: 7) })
        return try [early, told].map { Array(String(decoding: try $0.encoded(), as: UTF8.self).withoutChecksum.utf8) }
    }
}
