import Pipeline
import Report

extension Resource {
    /// Requests to API servers, over the window.
    static let requests = json("/api/v1/requests", parameters: [.limit]) { surface, query in
        Array(RequestRow.rows(of: surface.pipeline.attributedSummary().windowOnly).prefix(query.limit))
    }
}
