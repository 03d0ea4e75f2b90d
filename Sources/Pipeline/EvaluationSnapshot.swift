package import Rules

/// What the rules came to, as the last evaluation left it. Whoever reads it waits for no evaluation.
package struct EvaluationSnapshot: Sendable {
    package struct Group: Sendable {
        package var definition: RuleGroup
        /// Unix nanoseconds; nil where these rules weren't evaluated yet.
        package var evaluatedAt: Int64?
        /// By rule, the pending and firing ones.
        package var alerts: [[Alert]]
    }

    package private(set) var groups: [Group]
    /// The pending and firing alerts, by group, rule and labels.
    package let numberedAlerts: [(rule: RuleNumber, alert: Alert)]
    /// Alerts that were left out, since their rule was at its limit.
    package let refusedAlerts: Int
    /// Bytes that the rules' counts take.
    package let countByteCount: Int

    package var alerts: [Alert] { numberedAlerts.map(\.alert) }

    /// - Parameters:
    ///   - since: the time after which these rules are evaluated, Unix nanoseconds.
    ///   - last: up to which they have been.
    init(_ rules: RuleEvaluator, since: Int64?, last: Int64?) {
        groups = rules.definitions.map { definition in
            let evaluation = last.flatMap { definition.lastEvaluation(until: $0) }
            return Group(
                definition: definition, evaluatedAt: evaluation.flatMap { $0 > since ?? .min ? $0 : nil },
                alerts: Array(repeating: [], count: definition.rules.count))
        }
        numberedAlerts = rules.numberedAlerts
        refusedAlerts = rules.refusedAlerts
        countByteCount = rules.countByteCount
        for (rule, alert) in numberedAlerts { groups[rule.group].alerts[rule.rule].append(alert) }
    }
}
