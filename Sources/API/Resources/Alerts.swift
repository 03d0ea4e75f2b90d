import Pipeline
import Rules

extension Resource {
    /// The pending and firing alerts; over a range also those of the last resolved ones that were active in it.
    static let alerts = json(
        "/api/v1/alerts", parameters: QueryParameter.common + [.limit],
        summary: "pending and firing alerts; over a range also resolved ones",
        schema: .array(.named("Alert"))
    ) { surface, query in
        let evaluation = surface.pipeline.evaluation
        let past = query.range.isGiven ? evaluation.resolvedAlerts : []
        let found = (past + evaluation.alerts).filter { query.includes($0) }
        return found.prefix(query.limit).map { AlertJSON($0, isCurrent: true) }
    }
}

extension Query {
    /// Whether an alert is of the cluster and was active in the range.
    func includes(_ alert: Alert) -> Bool {
        includes(cluster: alert.labels["cluster"]) && range.overlaps(alert.activeAt, alert.resolvedAt ?? .max)
    }
}
