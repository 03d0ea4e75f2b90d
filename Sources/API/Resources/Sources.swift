import Engine
import Pipeline
import Report

extension Resource {
    /// The sources of spans since the start; with a range, those with spans in it, and how many of these the window has.
    static let sources = json(
        "/api/v1/sources", parameters: QueryParameter.common + [.limit], summary: "the sources of spans",
        schema: .array(.named("Source"))
    ) { surface, query in
        let amounts = query.range.isGiven ? surface.pipeline.view().sourceAmounts(in: query.range.ends) : nil
        let rows = SourceRow.rows(of: surface.pipeline.sources(), in: amounts) { labels in
            query.includes(cluster: labels.cluster)
        }
        return Array(rows.prefix(query.limit))
    }
}
