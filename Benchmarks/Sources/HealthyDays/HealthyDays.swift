import Engine
import Foundation
import Pipeline
import Rules
import TestSupport

private let second: Int64 = 1_000_000_000
private let day = 86_400 * second
/// 2026-01-01T00:00:00Z
private let start = 1_767_225_600 * second

/// Whole days of healthy life, one after the other, under the built-in rules:
///
///     HealthyDays [DAYS [small|large [FROM TO]]]
///
/// Fails if there is an incident other than a restart; also prints what fires on a restart's account. With FROM and TO, hours of the last day, the
/// rules only see what happens between: an hour around a complaint shows it again within seconds.
@main enum HealthyDays {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let days = arguments.first.flatMap { Int($0) } ?? 2
        let hours = arguments.dropFirst(2).compactMap { Double($0) }
        let seen =
            hours.count == 2 ? time(hours[0], of: days)..<time(hours[1], of: days) : time(0, of: 1)..<time(24, of: days)
        var isSilent = true
        for (name, apiServers, members) in [("small", 1, 1), ("large", 2, 3)]
        where arguments.count < 2 || arguments[1] == name {
            let days = try ControlPlaneDays(days: days, apiServers: apiServers, members: members, seen: seen)
            print(
                "\(name): \(days.spans) spans in \(days.count) days, \(days.alerts) alerts, \(days.restarts) restarts, "
                    + "\(days.incidents) other incidents")
            isSilent = isSilent && days.incidents == 0
        }
        exit(isSilent ? 0 : 1)
    }

    private static func time(_ hour: Double, of number: Int) -> Int64 {
        start + Int64(number - 1) * day + Int64(hour * 3_600) * second
    }
}

/// What the built-in rules say of some days of one control plane.
private struct ControlPlaneDays {
    let count: Int
    let spans: Int
    let alerts: Int
    let restarts: Int
    let incidents: Int

    /// Each day has a seed of its own, so that no two are the same.
    init(days count: Int, apiServers: Int, members: Int, seen: Range<Int64>) throws {
        var limits = WindowLimits()
        // As in a daemon: what is older is in the history.
        (limits.duration, limits.isEndless) = (day / 24, true)
        let pipeline = Pipeline(rules: RuleEvaluator(try BuiltinRules.controlPlane().groups), limits: limits)
        var alerts = 0
        for number in 0..<count {
            let midnight = start + Int64(number) * day
            guard seen.overlaps(midnight..<midnight + day) else { continue }
            var life = HealthyLife(
                seed: UInt64(number * 10 + members), apiServers: apiServers, members: members,
                start: midnight, duration: day)
            life.forEach { delivery in
                guard seen.contains(delivery.arrival) else { return }
                alerts += Self.complain(of: pipeline.advance(to: delivery.arrival))
                var batch = SpanBatch()
                for span in delivery.spans { span.append(to: &batch) }
                _ = pipeline.append(batch, arrival: delivery.arrival)
            }
        }
        alerts += Self.complain(of: pipeline.advance(to: seen.upperBound + 60 * second))
        let faults = pipeline.evaluation.incidents.filter { $0.severity != .info }
        for fault in faults { print("  incident: \(fault)") }
        self.count = count
        spans = pipeline.summary().counts.accepted
        (self.alerts, incidents) = (alerts, faults.count)
        restarts = pipeline.evaluation.incidents.count - faults.count
    }

    /// Prints what fired, at once, and how many that are.
    private static func complain(of transitions: [AlertTransition]) -> Int {
        let fired = transitions.filter { $0.alert.state == .firing }
        for transition in fired {
            let (alert, after) = (transition.alert, (transition.time - start) / second)
            let clock = [after / 3_600 % 24, after / 60 % 60, after % 60].map { String(format: "%02d", $0) }
            print("  day \(after / 86_400 + 1), \(clock.joined(separator: ":")): \(alert.name) \(alert.labels)")
        }
        return fired.count
    }
}
