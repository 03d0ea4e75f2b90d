package import Pipeline
import Rules
import Runbooks
import Support

/// A group of rules for the query API, with the field names of a rule file. Durations are in seconds, times in RFC
/// 3339. Missing values are null, except that a rule has only one of `select` and `match`.
package struct RuleGroupJSON: Encodable, Sendable {
    struct Rule: Encodable, Sendable {
        var alert: String
        /// Matchers as text, by label.
        var select: [String: String]?
        var match: [String: String]?
        var when: String
        /// null if every value of the condition has its own window.
        @OrNull var over_seconds: Double?
        var by: [String]
        var for_seconds: Double
        var keep_firing_for_seconds: Double
        var labels: [String: String]
        /// Unrendered templates.
        var annotations: [String: String]
        /// The path of the page about a built-in alert; null if there is none.
        @OrNull var runbook: String?
        /// `firing` if any alert fires, else `pending` if any is pending, else `inactive`.
        var state: AlertState
        var alerts: [AlertJSON]
    }

    var name: String
    var interval_seconds: Double
    /// null without a limit.
    @OrNull var limit: Int?
    /// The last evaluated time; null until these rules have been evaluated.
    @OrNull var evaluated_at: String?
    var rules: [Rule]

    package init(_ group: EvaluationSnapshot.Group) {
        name = group.definition.name
        interval_seconds = Double(group.definition.interval) / 1e9
        limit = group.definition.limit
        evaluated_at = group.evaluatedAt.map(Timestamp.rfc3339)
        rules = zip(group.definition.rules, group.alerts).map { Rule($0, $1) }
    }
}

extension RuleGroupJSON.Rule {
    fileprivate init(_ rule: Rule, _ active: [Alert]) {
        alert = rule.alert
        let matchers = Dictionary(rule.selector.matches.map { ($0.label, $0.matcher.description) }) { first, _ in first
        }
        let isWindow = rule.condition.durations == nil
        select = isWindow ? matchers : nil
        match = isWindow ? nil : matchers
        when = rule.condition.text
        over_seconds = rule.over == 0 ? nil : Double(rule.over) / 1e9
        by = rule.by
        for_seconds = Double(rule.holdFor) / 1e9
        keep_firing_for_seconds = Double(rule.keepFiringFor) / 1e9
        labels = rule.labels
        annotations = rule.annotations.mapValues(\.text)
        runbook = Runbooks.path(of: rule.alert)
        state = active.contains { $0.state == .firing } ? .firing : active.isEmpty ? .inactive : .pending
        alerts = active.map { AlertJSON($0, isCurrent: true) }
    }
}

extension RuleGroupJSON {
    static let schema = Schema.object([
        "name": .text, "interval_seconds": .number, "limit": .nullable(.integer), "evaluated_at": .nullable(.time),
        "rules": .array(
            .object(
                [
                    "alert": .text, "when": .text, "over_seconds": .nullable(.number), "by": .array(.text),
                    "for_seconds": .number, "keep_firing_for_seconds": .number, "labels": .map(.text),
                    "annotations": .map(.text), "runbook": .nullable(.text),
                    "state": .choice(["inactive", "pending", "firing"]),
                    "alerts": .array(.named("Alert")),
                ], optional: ["select": .map(.text), "match": .map(.text)])),
    ])
}

extension Resource {
    /// The rules in force and their alerts.
    ///
    /// A range and a cluster select among the alerts, the limit limits the groups.
    static let rules = json(
        "/api/v1/rules", parameters: QueryParameter.common + [.limit], summary: "the rules in force and their alerts",
        schema: .array(RuleGroupJSON.schema)
    ) { surface, query in
        surface.pipeline.evaluation.groups.prefix(query.limit).map { group in
            var group = group
            group.alerts = group.alerts.map { $0.filter { query.includes($0) } }
            return RuleGroupJSON(group)
        }
    }
}
