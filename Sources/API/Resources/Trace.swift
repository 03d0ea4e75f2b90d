import Engine
import Pipeline
import Support

extension Resource {
    /// A trace with spans in the window, or one that an active alert names.
    static let trace = json(
        "/api/v1/traces/:id", parameters: [.traceID], summary: "the spans of a trace", schema: TraceJSON.schema,
        absent: "trace not found"
    ) { surface, query in
        query.traceID.map { TraceJSON($0, surface.pipeline) }.flatMap { $0.spans.isEmpty ? nil : $0 }
    }
}

extension QueryParameter {
    fileprivate static let traceID = QueryParameter("id", "a trace id is 32 hexadecimal digits") {
        TraceID(hex: $0) != nil
    }
}

extension Query {
    fileprivate var traceID: TraceID? { self[.traceID].flatMap { TraceID(hex: $0) } }
}

/// A trace for the query API, its spans ordered by start.
struct TraceJSON: Encodable {
    struct Span: Encodable {
        var span_id: String
        /// nil for a root.
        var parent_span_id: String?
        var service: String
        var operation: String
        var kind: String
        /// RFC 3339.
        var start: String
        var duration_seconds: Double
        var error: Bool
    }

    static let schema = Schema.object([
        "trace_id": .text,
        "spans": .array(
            .object(
                [
                    "span_id": .text, "service": .text, "operation": .text, "kind": .text, "start": .time,
                    "duration_seconds": .number, "error": .boolean,
                ], optional: ["parent_span_id": .text])),
    ])

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
