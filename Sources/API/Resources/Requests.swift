import Pipeline
import Report

extension Resource {
    /// Requests to API servers, over the range.
    static let requests = json(
        "/api/v1/requests", parameters: QueryParameter.common + [.limit] + QueryParameter.requestLabels,
        summary: "kinds of request to API servers",
        schema: .array(.named("Request"))
    ) { surface, query in
        let summary = surface.summary(of: query)
        let rows = RequestRow.rows(of: summary, in: query.range.ends(in: summary.view)) { query.includes($0) }
        return Array(rows.prefix(query.limit))
    }
}
