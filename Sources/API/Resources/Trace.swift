import Engine
import OTLP
import Pipeline
import Pipeline
import Rules
import Support

/// A trace as the query API shows it: its spans in the order of their starts.
struct TraceJSON: Encodable {
    struct Span: Encodable {
        var span_id: String
        /// Absent where the span has none.
        var parent_span_id: String?
        var service: String
        var operation: String
        var kind: String
        /// RFC 3339.
        var start: String
        var duration_seconds: Double
        var error: Bool
    }

    var trace_id: String
    var spans: [Span]

    init(_ id: TraceID, _ pipeline: Pipeline) {
        let trace = pipeline.trace(id)
        trace_id = id.hex
        spans = trace.spans.map { span in
            let labels = trace.operations[Int(span.operation)]
            return Span(
                span_id: Hex.text(span.spanID), parent_span_id: span.parentID == 0 ? nil : Hex.text(span.parentID),
                service: labels.service, operation: labels.operation, kind: labels.kind.name,
                start: Timestamp.rfc3339(span.start), duration_seconds: Double(span.duration) / 1e9,
                error: span.flags.isError)
        }
    }
}

extension Resource {
    /// A trace of which the window holds a span, or that an active alert names.
    static let trace = Resource(path: "traces/:id") { pipeline, query in
        guard let id = query.id.flatMap({ TraceID(hex: $0) }) else {
            throw QueryParameters.ParameterError(message: "a trace id is 32 hexadecimal digits")
        }
        let trace = TraceJSON(id, pipeline)
        return trace.spans.isEmpty ? nil : try JSONText.encode(trace)
    }
}
