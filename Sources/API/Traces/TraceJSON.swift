package import Engine
import Pipeline
import Support
package import Traces

/// A trace for the query API, its spans ordered by start.
struct TraceJSON: Encodable, Sendable {
    var trace_id: String
    var start: String
    var end: String
    var duration_seconds: Double
    /// Whether attributes, events and messages are there for every span.
    var whole: Bool
    /// Why spans may be missing.
    var warnings: [String] = []
    var spans: [Span]
    var requests: [Request]

    init(_ trace: TraceDetail, _ pipeline: Pipeline, warnings: [String]) {
        self.init(trace, pipeline.components.names)
        self.warnings = warnings
        guard !requests.isEmpty else { return }
        let view = pipeline.attributedSummary().view
        for index in requests.indices {
            requests[index].rank = Request.rank(trace.timeline.requests[index], of: trace, in: view)
        }
    }

    /// Without ranks.
    /// - Parameter names: of components.
    init(_ trace: TraceDetail, _ names: [String]) {
        let start = trace.spans.map(\.start).min() ?? 0
        let end = trace.spans.map { $0.start &+ $0.duration }.max() ?? start
        trace_id = trace.id.hex
        self.start = Timestamp.rfc3339(start)
        self.end = Timestamp.rfc3339(end)
        duration_seconds = Double(end &- start) / 1e9
        whole = trace.spans.allSatisfy { trace.carried[$0.spanID] != nil }
        spans = trace.spans.indices.map { Span($0, of: trace, since: start, names) }
        requests = trace.timeline.requests.map { Request($0, of: trace, since: start, names) }
    }
}

extension TraceDetail {
    /// What `GET /api/v1/traces/ID` answers about a trace, without the ranks of its requests.
    package func json(_ components: ComponentTable) throws -> String {
        try JSONText.encode(TraceJSON(self, components.names))
    }
}
