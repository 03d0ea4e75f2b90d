import Pipeline
import Rules

extension Resource {
    /// Open incidents, and the last thousand closed ones, the latest first.
    static let incidents = json("/api/v1/incidents", parameters: [.limit]) { surface, query in
        surface.pipeline.evaluation.incidents.reversed().prefix(query.limit).map { IncidentJSON($0) }
    }
}
