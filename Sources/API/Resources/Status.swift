import Pipeline
import Report

extension Resource {
    /// Counts of the received spans by outcome.
    static let status = json("/api/v1/status") { surface, _ in
        let (spans, unattributed) = surface.pipeline.counts()
        return SpansRow(spans, unattributed)
    }
}
