import Pipeline
import Report

extension Resource {
    /// Who has sent spans since the start.
    static let sources = json("/api/v1/sources") { surface, _ in
        SourceRow.rows(of: surface.pipeline.sources())
    }
}
