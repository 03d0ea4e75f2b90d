@testable import Report
import Rules
import TestSupport
import Testing

@Suite struct `A comparison of rules` {
    private static let second: Int64 = 1_000_000_000

    private static func groups(_ alerts: String...) throws -> [RuleGroup] {
        let rules = alerts.enumerated().map { number, alert in
            "      - {alert: \(alert), select: {service: etcd}, when: count > 1, over: 1m, labels: {n: '\(number)'}}\n"
        }
        let text = "groups:\n  - name: g\n    rules:\n" + rules.joined()
        return try RuleFile(text, file: "rules.yaml", maximumWindow: 3_600 * second).groups
    }

    private static func transition(
        _ state: AlertState, at time: Int64, rule: RuleNumber, labels: [String: String] = [:]
    ) -> AlertTransition {
        var alert = Alert.firing("Slow", labels)
        alert.state = state
        return AlertTransition(time: time * second, alert: alert, rule: rule)
    }

    private static let new = RuleNumber(group: 0, rule: 0)
    private static let old = RuleNumber(group: 1, rule: 0)

    @Test func `counts how often and how long each side fired, up to the end`() throws {
        let comparison = RuleComparison(
            new: try Self.groups("Slow"), old: try Self.groups("Slow"),
            [
                Self.transition(.firing, at: 10, rule: Self.new), Self.transition(.firing, at: 10, rule: Self.old),
                Self.transition(.resolved, at: 14, rule: Self.old), Self.transition(.firing, at: 20, rule: Self.old),
                Self.transition(.resolved, at: 21, rule: Self.old),
            ], end: 30 * Self.second)
        let row = try #require(comparison.rows.first)
        #expect(comparison.rows.count == 1)
        #expect(row.new?.fired == 1 && row.new?.firing_seconds == 20)
        #expect(row.old?.fired == 2 && row.old?.firing_seconds == 5)
    }

    @Test func `adds up the alerts of a rule that fire at the same time`() throws {
        let comparison = RuleComparison(
            new: try Self.groups("Slow"), old: [],
            [
                Self.transition(.firing, at: 10, rule: Self.new, labels: ["operation": "Range"]),
                Self.transition(.firing, at: 12, rule: Self.new, labels: ["operation": "Txn"]),
                Self.transition(.resolved, at: 15, rule: Self.new, labels: ["operation": "Range"]),
            ], end: 20 * Self.second)
        #expect(comparison.rows.first?.new?.fired == 2)
        #expect(comparison.rows.first?.new?.firing_seconds == 13)
    }

    @Test func `ignores pending alerts and those of rules no longer in force`() throws {
        var removed = Self.transition(.firing, at: 10, rule: Self.new)
        removed.rule = nil
        let comparison = RuleComparison(
            new: try Self.groups("Slow"), old: [], [removed, Self.transition(.pending, at: 11, rule: Self.new)],
            end: 20 * Self.second)
        #expect(comparison.rows.first?.new?.fired == 0)
        #expect(comparison.rows.first?.new?.firing_seconds == 0)
    }

    @Test func `matches rules of the same name by their order, and lists those of one side alone`() throws {
        let comparison = RuleComparison(
            new: try Self.groups("Slow", "Slow", "Added"), old: try Self.groups("Removed", "Slow", "Slow"),
            [Self.transition(.firing, at: 10, rule: RuleNumber(group: 1, rule: 2))], end: 20 * Self.second)
        #expect(comparison.rows.map(\.alert) == ["Slow", "Slow", "Added", "Removed"])
        #expect(comparison.rows.map { $0.old?.fired } == [0, 1, nil, 0])
        #expect(comparison.rows.map { $0.new?.fired } == [0, 0, 0, nil])
    }
}
