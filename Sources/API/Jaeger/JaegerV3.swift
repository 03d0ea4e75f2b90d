import Archive
import Engine
import Pipeline
import Support
import Traces

/// Jaeger's third query API: its page from August 2026 on, and Grafana through gRPC-gateway.
enum JaegerV3 {
    static let resources = [services, operations, summaries, traces, trace]

    private struct Services: Encodable {
        var services: [String]
        var warnings: [String]?
    }

    private struct Operations: Encodable {
        var operations: [JaegerOperation]
        var warnings: [String]?
    }

    private static let services = Resource.jaegerV3("/api/v3/services") { surface, _ in
        let names = JaegerNames(surface)
        return try JSONText.encode(Services(services: names.services, warnings: said(names.warnings)))
    }

    private static let operations = Resource.jaegerV3("/api/v3/operations") { surface, query in
        guard let service = query["service"] else {
            throw JaegerError.badRequest("the parameter service is missing: the name of a service")
        }
        let kind = query["spanKind", "span_kind"]
        let names = JaegerNames(surface)
        return try JSONText.encode(
            Operations(operations: names.operations(of: service, kind: kind), warnings: said(names.warnings)))
    }

    private static let summaries = Resource.jaegerV3("/api/v3/trace-summaries") { surface, query in
        let found = try search(query).traces(surface)
        return try JSONText.encode(
            Summaries(summaries: found.traces.map { Summary($0) }, warnings: said(found.warnings)))
    }

    private static let traces = Resource.jaegerV3("/api/v3/traces") { surface, query in
        let found = try search(query).traces(surface)
        return try result(found.message(mergesScopes: true), found.warnings)
    }

    private static let trace = Resource.jaegerV3("/api/v3/traces/:id") { surface, query in
        let id = try JaegerQuery.traceID(query.variable("id"))
        try query.checkFlag("rawTraces", "raw_traces")
        let known = surface.pipeline.trace(id).spans
        let found = try surface.recall(id, known, in: range(query), mergesScopes: true)
        return try result(found.message, found.warnings)
    }

    /// The time range of a trace's spans, Unix nanoseconds; nil if neither end is given.
    private static func range(_ query: JaegerQuery) throws -> Range<Int64>? {
        let (start, end) = (try query.time("startTime", "start_time"), try query.time("endTime", "end_time"))
        guard start != nil || end != nil else { return nil }
        let (first, last) = (start ?? 0, end ?? .max)
        guard first <= last else { throw JaegerError.badRequest("startTime must not be after endTime") }
        return first..<last
    }

    private static func result(_ message: [UInt8], _ warnings: [String]) throws -> String {
        guard let otlp = WholeTraceFormat.otlp(message) else {
            let problem = (["No traces found"] + warnings).joined(separator: "; ")
            throw JaegerError(status: 404, message: problem)
        }
        guard let warnings = said(warnings) else { return "{\"result\":\(otlp)}" }
        return "{\"result\":\(otlp),\"warnings\":\(try JSONText.encode(warnings))}"
    }

    /// Jaeger's answers have no field for warnings, so it is only present if there are any.
    private static func said(_ warnings: [String]) -> [String]? { warnings.isEmpty ? nil : warnings }

    private static func search(_ query: JaegerQuery) throws -> JaegerSearch {
        guard let start = try query.time("query.startTimeMin", "query.start_time_min"),
            let end = try query.time("query.startTimeMax", "query.start_time_max")
        else {
            throw JaegerError.badRequest("query.startTimeMin and query.startTimeMax must be given, as RFC 3339 times")
        }
        guard start <= end else {
            throw JaegerError.badRequest("query.startTimeMin must not be after query.startTimeMax")
        }
        var search = JaegerSearch(
            service: query["query.serviceName", "query.service_name"],
            operation: query["query.operationName", "query.operation_name"], range: start..<end.addingSaturating(1))
        let least = try query.duration("query.durationMin", "query.duration_min") ?? 0
        let most = try query.duration("query.durationMax", "query.duration_max") ?? .max
        guard least <= most else {
            throw JaegerError.badRequest("query.durationMin must not be more than query.durationMax")
        }
        search.durations = least...most
        search.tags = try query.tags("query.attributes")
        let limit = try query.number(
            "query.searchDepth", "query.search_depth", "query.num_traces", in: 1...JaegerSearch.limitMax)
        if let limit { search.limit = Int(limit) }
        return search
    }

    // MARK: Summaries

    private struct Summaries: Encodable {
        var summaries: [Summary]
        var warnings: [String]?
    }

    private struct Summary: Encodable {
        struct Service: Encodable {
            var name: String
            var spanCount: Int
            var errorSpanCount: Int
        }

        var traceId: String
        var rootServiceName: String
        var rootOperationName: String
        /// 64-bit integers are texts.
        var minStartTimeUnixNano: String
        var maxEndTimeUnixNano: String
        var spanCount: Int
        var errorSpanCount: Int
        /// Those whose parent isn't there.
        var orphanSpanCount: Int
        var services: [Service]

        init(_ trace: WholeTrace) {
            let ids = Set(trace.spans.map(\.spanID))
            let parents = trace.spans.map { UInt64($0.span.parentSpanId ?? "", radix: 16) ?? 0 }
            let isRoot = { (parent: UInt64) in parent == 0 }
            let isOrphan = { (parent: UInt64) in !ids.contains(parent) }
            let root = parents.firstIndex(where: isRoot) ?? parents.firstIndex(where: isOrphan) ?? 0
            traceId = trace.id.hex
            rootServiceName = trace.spans[root].service
            rootOperationName = trace.spans[root].span.name ?? ""
            minStartTimeUnixNano = "\(trace.spans.map(\.start).min() ?? 0)"
            maxEndTimeUnixNano = "\(trace.spans.map(\.end).max() ?? 0)"
            spanCount = trace.spans.count
            errorSpanCount = trace.spans.count { $0.isError }
            orphanSpanCount = parents.count { $0 != 0 && !ids.contains($0) }
            services = Dictionary(grouping: trace.spans, by: \.service).map { name, spans in
                Service(name: name, spanCount: spans.count, errorSpanCount: spans.count { $0.isError })
            }.sorted { $0.name < $1.name }
        }
    }

    // MARK: Errors

    private struct ErrorEnvelope: Encodable {
        struct Error: Encodable {
            var httpCode: Int
            var message: String
        }

        var error: Error
    }

    static func envelope(_ error: JaegerError) -> String {
        (try? JSONText.encode(ErrorEnvelope(error: .init(httpCode: error.status, message: error.message)))) ?? ""
    }
}
