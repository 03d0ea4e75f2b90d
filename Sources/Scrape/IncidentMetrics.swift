import Engine
package import Pipeline
import Rules

/// Incidents by what their verdicts say.
package enum IncidentMetrics {
    package static let table = MetricTable<EvaluationSnapshot>([
        .family("faultline_incidents", .gauge, labels: ["side", "severity"], help: "Open incidents.") {
            snapshot, exposition in
            let open = snapshot.incidents.filter { $0.closedAt == nil }
            for side in IncidentMetrics.sides {
                for severity in IncidentSeverity.allCases {
                    let count = open.count { ($0.side ?? "unknown") == side && $0.severity == severity }
                    exposition.sample(Double(count), [side, severity.rawValue])
                }
            }
        },
        .counter("faultline_incidents_opened", help: "Incidents that have opened.") { $0.incidentsOpened },
        .counter(
            "faultline_incidents_dropped", help: "Closed incidents that made room for later ones: a thousand are kept."
        ) { $0.incidentsDropped },
    ])

    private static let sides = Side.allCases.map(\.rawValue) + ["unknown"]
}
