import Engine
import Pipeline
import Report

extension Resource {
    /// The sources of spans since the start; with a range, those whose spans reach into it.
    static let sources = json(
        "/api/v1/sources", parameters: [.limit], summary: "the sources of spans", schema: .array(.named("Source"))
    ) { surface, query in
        let rows = SourceRow.rows(of: surface.pipeline.sources()) { labels, counts in
            query.includes(cluster: labels.cluster) && query.range.overlaps(counts.first, counts.last)
        }
        return Array(rows.prefix(query.limit))
    }
}
