import Pipeline
import Report

extension Resource {
    /// Operations over the range.
    static let operations = json(
        "/api/v1/operations", parameters: [.limit, .service], summary: "operations", schema: .array(.named("Operation"))
    ) { surface, query in
        let rows = OperationRow.rows(of: surface.summary(of: query), in: query.range.given).filter { row in
            query.includes(cluster: row.cluster) && query.service ?? row.service == row.service
        }
        return Array(rows.prefix(query.limit))
    }
}

extension QueryServer.Surface {
    /// What a query is about: the window unless it has a range, which may reach into the history.
    func summary(of query: Query) -> PipelineSummary {
        let summary = pipeline.attributedSummary()
        return query.range.given == nil ? summary.windowOnly : summary
    }
}
