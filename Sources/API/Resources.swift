import Engine
import OTLP
import Pipeline
import Report
import Rules
import Support

extension Resource {
    /// Operations over the window, not since the start.
    static let operations = Resource(path: "operations", parameters: ["service", "limit"]) { pipeline, query in
        let limit = try query.limit() ?? .max
        let rows = OperationRow.rows(of: pipeline.attributedSummary().windowOnly)
        return try JSONText.encode(Array(rows.filter { query["service"] ?? $0.service == $0.service }.prefix(limit)))
    }
}

extension Resource {
    /// Requests to API servers, over the window.
    static let requests = Resource(path: "requests", parameters: ["limit"]) { pipeline, query in
        let limit = try query.limit() ?? .max
        return try JSONText.encode(
            Array(RequestRow.rows(of: pipeline.attributedSummary().windowOnly).prefix(limit)))
    }
}

extension Resource {
    /// Counts of the received spans by outcome.
    static let status = Resource(path: "status") { pipeline, _ in
        let (spans, unattributed) = pipeline.counts()
        return try JSONText.encode(SpansRow(spans, unattributed))
    }
}

extension Resource {
    /// The pending and firing alerts.
    static let alerts = Resource(path: "alerts") { pipeline, _ in
        try JSONText.encode(pipeline.evaluation.alerts.map { AlertJSON($0) })
    }
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
    /// A trace with spans in the window, or one that an active alert names.
    static let trace = Resource(path: "traces/:id") { pipeline, query in
        guard let id = query.id.flatMap({ TraceID(hex: $0) }) else {
            throw QueryParameters.ParameterError(message: "a trace id is 32 hexadecimal digits")
        }
        let trace = TraceJSON(id, pipeline)
        return trace.spans.isEmpty ? nil : try JSONText.encode(trace)
    }
}
