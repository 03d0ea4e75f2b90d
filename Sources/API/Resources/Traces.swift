import Engine
import Pipeline
import Support
import Traces

extension Resource {
    /// Traces by one of their spans or requests, the longest first.
    static let traces = json(
        "/api/v1/traces",
        parameters: QueryParameter.common + [
            .limit, .service, .operation, .kind, .minDuration, .maxDuration, .status, .component, .minPart, .order,
            .recording,
        ] + QueryParameter.requestLabels,
        summary: "traces by one of their spans or requests, worst first", schema: TracesJSON.schema,
        check: { query throws(QueryError) in try query.checkSearch() }
    ) { surface, query in
        try TracesJSON(query, surface)
    }
}

extension QueryParameter {
    static let minDuration = duration("min_duration")
    static let maxDuration = duration("max_duration")
    static let minPart = duration("min_part")
    static let status = QueryParameter("status", "status must be ok or error") { ["ok", "error"].contains($0) }
    static let component = QueryParameter("component", "component must be the name of a component") { _ in true }
    static let order = QueryParameter("order", "order must be duration, recent or part") {
        TraceSearch.Order(rawValue: $0) != nil
    }

    static let recording = QueryParameter("recording", "recording must be yes or no") { ["yes", "no"].contains($0) }

    private static func duration(_ name: String) -> QueryParameter {
        QueryParameter(name, "\(name) must be a duration such as 100ms or 1.5s") { DurationText.parse($0) != nil }
    }
}

extension Query {
    fileprivate func duration(_ parameter: QueryParameter) -> Int64? {
        self[parameter].flatMap { DurationText.parse($0) }
    }

    /// Each trace is read from where it is.
    private static let tracesMax = 1_000

    fileprivate func checkSearch() throws(QueryError) {
        try checkSubject()
        guard traceLimit <= Self.tracesMax else {
            throw QueryError(
                message: "limit must be a number from 1 to \(Self.tracesMax) for traces, but found \"\(traceLimit)\"")
        }
        if let least = duration(.minDuration), let most = duration(.maxDuration), least > most {
            throw QueryError(
                message:
                    "min_duration must not be more than max_duration, but \(DurationText.format(least)) is more than "
                    + DurationText.format(most))
        }
        guard self[.component] == nil else { return }
        if self[.order] == TraceSearch.Order.part.rawValue {
            throw QueryError(message: "order=part needs component: the part of which component?")
        }
        if self[.minPart] != nil {
            throw QueryError(message: "min_part needs component: the part of which component?")
        }
    }
}

/// Found traces for the query API.
struct TracesJSON: Encodable, Sendable {
    struct Trace: Encodable, Sendable {
        var trace_id: String
        var start: String
        var duration_seconds: Double
        var service: String
        var operation: String
        var status: String
        var span_count: Int
        var error_count: Int
        var request: RequestLabelsJSON?
        var components: [ComponentSecondsJSON]
    }

    var from: String
    var to: String
    var traces: [Trace]
    /// Whether there may be more.
    var truncated: Bool
    /// Why some that the recording holds may be missing.
    var warnings: [String]

    /// - Throws: `QueryError`.
    init(_ query: Query, _ surface: QueryServer.Surface) throws {
        // What archives hold beyond the window is searched too.
        let oldest = surface.recordedFrom ?? surface.pipeline.view().ends?.lowerBound
        let range = try query.range(.from, .to).resolved(oldest: oldest)
        let components = surface.pipeline.components
        let limit = query.traceLimit
        var searches = TraceSearches(range: range, limit: limit, order: query.traceOrder) { view in
            try query.search(view, range, components)
        }
        searches.readsRecording = query[.recording] != "no"
        let found = try searches.found(surface) { Trace($0, $1, components.names) }
        from = Timestamp.rfc3339(range.lowerBound)
        to = Timestamp.rfc3339(range.upperBound)
        truncated = found.rows.count == limit
        traces = found.rows
        warnings = found.warnings
    }
}

extension TracesJSON.Trace {
    init(_ found: FoundTrace, _ view: WindowView, _ components: [String]) {
        let labels = view.operations[Int(found.span.operation)]
        let spans = found.spans(in: view)
        trace_id = found.id.hex
        start = Timestamp.rfc3339(found.span.start)
        duration_seconds = Double(found.duration) / 1e9
        service = labels.service
        operation = labels.operation
        status = found.span.flags.isError ? "error" : "ok"
        span_count = spans.count
        error_count = spans.count { $0.flags.isError }
        request = found.span.request > 0 ? RequestLabelsJSON(view.requests[Int(found.span.request) - 1]) : nil
        self.components = found.parts.map { part in
            ComponentSecondsJSON(
                component: components[Int(part.component.number)], seconds: Double(part.duration) / 1e9)
        }
    }
}

extension Query {
    fileprivate var traceLimit: Int { self[.limit].flatMap { Int($0) } ?? 20 }
    fileprivate var traceOrder: TraceSearch.Order {
        self[.order].flatMap { TraceSearch.Order(rawValue: $0) } ?? .duration
    }

    fileprivate func search(
        _ view: WindowView, _ range: Range<Int64>, _ components: ComponentTable
    ) throws -> TraceSearch {
        let isAboutSpans = namesOperation
        var search = TraceSearch(range: range, isWanted: [], limit: traceLimit)
        if isAboutSpans {
            search.population = .spans
            search.isWanted = view.operations.map { includes($0) }
        } else {
            search.isWanted = view.requests.map { includes($0) }
        }
        search.durations = (duration(.minDuration) ?? 0)...(duration(.maxDuration) ?? .max)
        search.isError = self[.status].map { $0 == "error" }
        search.order = traceOrder
        if let name = self[.component] {
            guard let component = components.component(named: name) else {
                let names = components.names.joined(separator: ", ")
                throw QueryError(message: "component must be one of \(names), but found \(PrintableText.quote(name))")
            }
            guard !isAboutSpans else {
                throw QueryError(
                    message: "component selects requests: it can't be combined with service, operation or kind")
            }
            search.part = (component, duration(.minPart) ?? 0)
        }
        return search
    }
}

extension FoundTrace {
    /// All spans of the trace, from the view that it was found in.
    func spans(in view: WindowView) -> [SpanRow] {
        // Children may end later than their parent, and belong to slots around it.
        let margin: Int64 = 40_000_000_000
        let end = span.start &+ span.duration
        let around = span.start.subtractingSaturating(margin)..<end.addingSaturating(margin)
        return view.spans(of: [id], endingIn: around)[0]
    }
}
