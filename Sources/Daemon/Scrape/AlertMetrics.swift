import Notify
import Pipeline
import Rules
import Scrape

/// What the scrape says about rules and their alerts.
struct AlertMetrics: Sendable {
    let rules: EvaluationSnapshot
    let durations: EvaluationDurations.Counts

    static let table = MetricTable<AlertMetrics>([
        .family("faultline_alerts", .gauge, labels: ["alertname", "alertstate"], help: "Alerts by rule and state.") {
            metrics, exposition in
            let (alerts, groups) = (metrics.rules.alerts, metrics.rules.groups)
            for name in Set(groups.flatMap { $0.definition.rules.map(\.alert) }).sorted() {
                for state in [AlertState.pending, .firing] {
                    let count = alerts.count { $0.name == name && $0.state == state }
                    exposition.sample(Double(count), [name, state.rawValue])
                }
            }
        },
        .counter("faultline_alerts_refused", help: "Alerts that were left out since their rule was at its limit.") {
            $0.rules.refusedAlerts
        },
        .family(
            "faultline_rule_evaluation_duration_seconds", .histogram, unit: "seconds",
            help: "Time taken to evaluate the rules that were due."
        ) { metrics, exposition in
            exposition.histogram(
                bounds: EvaluationDurations.bounds, counts: metrics.durations.buckets, sum: metrics.durations.sum)
        },
    ])
}

/// What the scrape says about the way of alerts to their sinks.
enum DeliveryMetrics {
    static let table = MetricTable<Delivery>([
        .family(
            "faultline_notifications", .counter, labels: ["sink", "outcome"],
            help: "Alerts brought to sinks, by outcome."
        ) { delivery, exposition in
            for row in delivery.notifications {
                exposition.sample(Double(row.count), [row.sink, row.outcome.rawValue])
            }
        },
        .family(
            "faultline_notifications_queue_length", .gauge, labels: ["sink"],
            help: "Alerts that wait to be brought to a sink."
        ) { delivery, exposition in
            for (sink, count) in delivery.waiting { exposition.sample(Double(count), [sink]) }
        },
    ])

    static let state = MetricTable<StateDirectory>([
        .flag("faultline_state_failed", help: "Whether alerts could not be written to disk the last time.") {
            $0.hasFailed
        }
    ]).present(if: "`state.directory` is set")

    static let reload = MetricTable<RuleReload>([
        .flag(
            "faultline_config_last_reload_successful", help: "Whether the last reload of the rules succeeded."
        ) { $0.lastSucceeded }
    ])
}
