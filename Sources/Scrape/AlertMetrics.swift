import Engine
package import Pipeline
import Rules

/// Alerts of the rules in force.
package enum AlertMetrics {
    package static let table = MetricTable<EvaluationSnapshot>([
        .family("faultline_alerts", .gauge, labels: labels, help: "Alerts by rule and state.") { rules, exposition in
            let names = Set(rules.groups.flatMap { $0.definition.rules.map(\.alert) }).sorted()
            for (cluster, alerts) in byCluster(rules.alerts + rules.resolvedAlerts, { $0.labels["cluster"] ?? "" }) {
                for name in names {
                    for state in [AlertState.pending, .firing] {
                        let count = alerts.count { $0.name == name && $0.state == state }
                        exposition.sample(Double(count), SeriesText(cluster: cluster, labels, [name, state.rawValue]))
                    }
                }
            }
        },
        .counter("faultline_alerts_refused", help: "Alerts left out because their rule was at its limit.") {
            $0.refusedAlerts
        },
    ])

    private static let labels = ["alertname", "alertstate"]
}

/// Elements by cluster, in order. Those without one are always there, so that something counts them before the first one.
private func byCluster<Element>(_ elements: [Element], _ cluster: (Element) -> String) -> [(String, [Element])] {
    Dictionary(grouping: elements, by: cluster).merging(["": []]) { known, _ in known }.sorted { $0.key < $1.key }
}

/// Incidents by what their verdicts say.
package enum IncidentMetrics {
    package static let table = MetricTable<EvaluationSnapshot>([
        .family("faultline_incidents", .gauge, labels: labels, help: "Open incidents.") {
            snapshot, exposition in
            for (cluster, incidents) in byCluster(snapshot.incidents, \.cluster) {
                let open = incidents.filter { $0.closedAt == nil }
                for side in sides {
                    for severity in IncidentSeverity.allCases {
                        let count = open.count { ($0.side ?? "unknown") == side && $0.severity == severity }
                        exposition.sample(
                            Double(count), SeriesText(cluster: cluster, labels, [side, severity.rawValue]))
                    }
                }
            }
        },
        .counter("faultline_incidents_opened", help: "Incidents that have opened.") { $0.incidentsOpened },
        .counter(
            "faultline_incidents_dropped", help: "Closed incidents that made room for later ones: a thousand are kept."
        ) { $0.incidentsDropped },
    ])

    private static let labels = ["side", "severity"]
    private static let sides = Side.allCases.map(\.rawValue) + ["unknown"]
}
