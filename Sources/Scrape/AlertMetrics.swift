import Engine
package import Pipeline
import Rules

/// Alerts of the rules in force.
package enum AlertMetrics {
    package static let table = MetricTable<EvaluationSnapshot>([
        .family("faultline_alerts", .gauge, labels: ["alertname", "alertstate"], help: "Alerts by rule and state.") {
            rules, exposition in
            let (alerts, groups) = (rules.alerts, rules.groups)
            for name in Set(groups.flatMap { $0.definition.rules.map(\.alert) }).sorted() {
                for state in [AlertState.pending, .firing] {
                    let count = alerts.count { $0.name == name && $0.state == state }
                    exposition.sample(Double(count), [name, state.rawValue])
                }
            }
        },
        .counter("faultline_alerts_refused", help: "Alerts left out because their rule was at its limit.") {
            $0.refusedAlerts
        },
    ])
}
