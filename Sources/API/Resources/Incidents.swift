import Pipeline
import Rules

extension Resource {
    /// Open incidents, and the last thousand closed ones, the latest first.
    static let incidents = json(
        "/api/v1/incidents", parameters: QueryParameter.common + [.limit], summary: "incidents, the latest first",
        schema: .array(.named("Incident"))
    ) { surface, query in
        surface.pipeline.evaluation.incidents.reversed()
            .filter { query.includes(cluster: $0.cluster) && query.range.overlaps($0.openedAt, $0.closedAt ?? .max) }
            .prefix(query.limit).map { IncidentJSON($0) }
    }
}
