import Pipeline
import Report

extension Resource {
    /// Operations over the range.
    static let operations = json(
        "/api/v1/operations", parameters: QueryParameter.common + [.limit, .service, .streams], summary: "operations",
        schema: .array(.named("Operation"))
    ) { surface, query in
        let summary = surface.summary(of: query)
        let range = query.range.ends(in: summary.view)
        let all: [OperationRow]
        if query.keepsStreamsApart {
            let tables = OperationTables(summary, in: range)
            all = tables.rest + tables.streams
        } else {
            all = OperationRow.rows(of: summary, in: range)
        }
        let rows = all.filter { row in
            query.includes(cluster: row.cluster) && query.service ?? row.service == row.service
        }
        return Array(rows.prefix(query.limit))
    }
}

extension QueryParameter {
    private static let apart = "apart"

    static let streams = QueryParameter("streams", "streams must be \(apart)") { $0 == apart }
}

extension Query {
    /// Whether the streams of an operation have a row of their own.
    fileprivate var keepsStreamsApart: Bool { self[.streams] != nil }
}

extension QueryServer.Surface {
    /// What a query is about: the window unless it has a range, which may reach into the history.
    func summary(of query: Query) -> PipelineSummary {
        let summary = pipeline.attributedSummary()
        return query.range.isGiven ? summary : summary.windowOnly
    }
}
