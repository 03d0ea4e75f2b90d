import Archive
import Engine
import Pipeline
import Support
import Traces

extension Resource {
    /// A trace with spans in the window, among the recent bodies or in the recording, or one that an active alert names.
    static let trace = text(
        "/api/v1/traces/:id", parameters: QueryParameter.common + [.traceID, .traceFormat],
        summary: "the spans of a trace, and where its time went", schema: TraceJSON.schema
    ) { surface, query in
        guard let id = query.traceID else { throw AbsentTraceError() }
        let known = surface.pipeline.trace(id)
        let found = try surface.recall(id, known.spans, in: query.range.isGiven ? query.range.ends : nil)
        let detail = TraceDetail(
            id, known: (known.spans, known.operations, known.requests), message: found.message,
            services: surface.pipeline.services, components: surface.pipeline.components)
        let json: String? =
            switch query[.traceFormat] {
            case _ where detail?.clusters.contains { query.includes(cluster: $0) } == false: nil
            case "otlp": WholeTraceFormat.otlp(found.message)
            case "jaeger": WholeTraceFormat.jaeger(found.message, warnings: found.warnings)
            default:
                try detail.map(surface.withAuthentications).map {
                    try JSONText.encode(TraceJSON($0, surface.pipeline, warnings: found.warnings))
                }
            }
        guard let json else { throw AbsentTraceError(warnings: found.warnings) }
        return json
    }
}

extension QueryParameter {
    fileprivate static let traceID = QueryParameter("id", "a trace id must be 32 hexadecimal digits") {
        TraceID(hex: $0) != nil
    }

    fileprivate static let traceFormat = QueryParameter("format", "format must be faultline, otlp or jaeger") {
        ["faultline", "otlp", "jaeger"].contains($0)
    }
}

extension Query {
    fileprivate var traceID: TraceID? { self[.traceID].flatMap { TraceID(hex: $0) } }
}
