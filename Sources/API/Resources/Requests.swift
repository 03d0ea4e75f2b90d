import Pipeline
import Report
import Rules

extension Resource {
    /// Requests to API servers over the window.
    static let requests = Resource(path: "requests", parameters: ["limit"]) { pipeline, query in
        let limit = try query.limit() ?? .max
        return try JSONText.encode(
            Array(RequestRow.rows(of: pipeline.attributedSummary().windowOnly).prefix(limit)))
    }
}
