import Pipeline
import Report
import Rules

extension Resource {
    /// Operations over the window, not over all that was ever received.
    static let operations = Resource(path: "operations", parameters: ["service", "limit"]) { pipeline, query in
        let limit = try query.limit() ?? .max
        let rows = OperationRow.rows(of: pipeline.attributedSummary().windowOnly)
        return try JSONText.encode(Array(rows.filter { query["service"] ?? $0.service == $0.service }.prefix(limit)))
    }
}
