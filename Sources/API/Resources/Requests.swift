import Pipeline
import Report

extension Resource {
    /// Requests to API servers, over the range.
    static let requests = json(
        "/api/v1/requests", parameters: [.limit] + QueryParameter.requestLabels,
        summary: "kinds of request to API servers",
        schema: .array(.named("Request"))
    ) { surface, query in
        let rows = RequestRow.rows(of: surface.summary(of: query), in: query.range.given) { query.includes($0) }
        return Array(rows.prefix(query.limit))
    }
}
