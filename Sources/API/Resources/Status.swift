import Pipeline
import Report
import Rules

extension Resource {
    /// What became of the spans that were received.
    static let status = Resource(path: "status") { pipeline, _ in
        let (spans, unattributed) = pipeline.counts()
        return try JSONText.encode(SpansRow(spans, unattributed))
    }
}
