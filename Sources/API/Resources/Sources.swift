import Engine
import Pipeline
import Report

extension Resource {
    /// The sources of spans. Their figures are since the start, so that no range is taken.
    static let sources = json(
        "/api/v1/sources", parameters: [.cluster, .limit], summary: "the sources of spans",
        schema: .array(.named("Source"))
    ) { surface, query in
        let rows = SourceRow.rows(of: surface.pipeline.sources()) { labels, _ in
            query.includes(cluster: labels.cluster)
        }
        return Array(rows.prefix(query.limit))
    }
}
