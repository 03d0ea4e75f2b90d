package import Rules

/// The rules that are evaluated, and their alerts, as they stand at one moment.
package struct RulesInForce: Sendable {
    package struct Group: Sendable {
        package var definition: RuleGroup
        /// Unix nanoseconds; nil where these rules weren't evaluated yet.
        package var evaluatedAt: Int64?
        /// By rule, the pending and firing ones.
        package var alerts: [[Alert]]
    }

    package private(set) var groups: [Group]

    /// - Parameters:
    ///   - since: the time after which these rules are evaluated, Unix nanoseconds.
    ///   - last: up to which they have been.
    package init(_ rules: RuleEvaluator, since: Int64?, last: Int64?) {
        groups = rules.definitions.map { definition in
            let evaluation = last.flatMap { definition.lastEvaluation(until: $0) }
            return Group(
                definition: definition, evaluatedAt: evaluation.flatMap { $0 > since ?? .min ? $0 : nil },
                alerts: Array(repeating: [], count: definition.rules.count))
        }
        for (rule, alert) in rules.numberedAlerts { groups[rule.group].alerts[rule.rule].append(alert) }
    }
}
