import Pipeline
import Report

extension Resource {
    /// Operations over the window, not since the start.
    static let operations = json("/api/v1/operations", parameters: [.service, .limit]) { surface, query in
        let rows = OperationRow.rows(of: surface.pipeline.attributedSummary().windowOnly)
        return Array(rows.filter { query.service ?? $0.service == $0.service }.prefix(query.limit))
    }
}
