import Engine
import Foundation
import Pipeline
import Rules
import TestSupport

private let second: Int64 = 1_000_000_000
private let day = 86_400 * second
/// 2026-01-01T00:00:00Z
private let start = 1_767_225_600 * second

/// Whole days of healthy life, one after the other, under the built-in rules: `HealthyDays [DAYS]`. Fails if anything fires, or if
/// there is an incident other than a restart.
@main enum HealthyDays {
    static func main() throws {
        let days = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2
        var isSilent = true
        for (name, apiServers, members) in [("small", 1, 1), ("large", 2, 3)] {
            let days = try ControlPlaneDays(days: days, apiServers: apiServers, members: members)
            for line in days.complaints { print("  \(line)") }
            print(
                "\(name): \(days.spans) spans in \(days.count) days, \(days.alerts) alerts, \(days.restarts) restarts, "
                    + "\(days.incidents) other incidents")
            isSilent = isSilent && days.complaints.isEmpty
        }
        exit(isSilent ? 0 : 1)
    }
}

/// What the built-in rules say of some days of one control plane.
private struct ControlPlaneDays {
    let count: Int
    let spans: Int
    let alerts: Int
    let restarts: Int
    let incidents: Int
    let complaints: [String]

    /// Each day has a seed of its own, so that no two are the same.
    init(days count: Int, apiServers: Int, members: Int) throws {
        var limits = WindowLimits()
        // As in a daemon: what is older is in the history.
        (limits.duration, limits.isEndless) = (day / 24, true)
        let pipeline = Pipeline(rules: RuleEvaluator(try BuiltinRules.controlPlane().groups), limits: limits)
        var transitions: [AlertTransition] = []
        for number in 0..<count {
            var life = HealthyLife(
                seed: UInt64(number * 10 + members), apiServers: apiServers, members: members,
                start: start + Int64(number) * day, duration: day)
            life.forEach { delivery in
                transitions += pipeline.advance(to: delivery.arrival)
                var batch = SpanBatch()
                for span in delivery.spans { span.append(to: &batch) }
                _ = pipeline.append(batch, arrival: delivery.arrival)
            }
        }
        transitions += pipeline.advance(to: start + Int64(count) * day + 60 * second)
        let fired = transitions.filter { $0.alert.state == .firing }
        let faults = pipeline.evaluation.incidents.filter { $0.severity != .info }
        self.count = count
        spans = pipeline.summary().counts.accepted
        (alerts, incidents) = (fired.count, faults.count)
        restarts = pipeline.evaluation.incidents.count - faults.count
        complaints =
            fired.map { "\($0.alert.name) \($0.alert.labels) after \(($0.time - start) / second) s" }
            + faults.map { "incident: \($0)" }
    }
}
