import Archive
import Engine
import Pipeline
import Support
import Traces

/// A search of a Jaeger client: traces with a span that matches everything, the latest first.
struct JaegerSearch {
    var service: String?
    var operation: String?
    /// Of span starts, Unix nanoseconds.
    var range: Range<Int64>
    /// Of the span, nanoseconds.
    var durations: ClosedRange<Int64> = 0 ... .max
    var tags: [String: String] = [:]
    var limit = 100

    static let limitMax: Int64 = 1_500
    /// How many traces are read for a search by attributes, which only bodies have.
    private static let readMax = 4_000

    /// The result: everything that the spans of the matching traces carry.
    struct Found {
        fileprivate(set) var traces: [WholeTrace] = []
        /// Why there may be more.
        fileprivate(set) var warnings: [String] = []
        /// Spans of these and others, on the wire.
        fileprivate var messages: [UInt8] = []

        /// The traces as an `ExportTraceServiceRequest` on the wire.
        func message(mergesScopes: Bool = false) -> [UInt8] {
            var extract = TraceExtract(traces.map(\.id))
            // It was cut out of what had been decoded.
            try? unsafe extract.add(messages.span.bytes)
            return extract.message(mergesScopes: mergesScopes)
        }
    }

    func traces(_ surface: QueryServer.Surface) throws -> Found {
        let searches = TraceSearches(range: range, limit: tags.isEmpty ? limit : Self.readMax, search: search)
        let found = try searches.found(surface) { trace, view in
            RememberedTrace(trace.id, trace.spans(in: view))
        }
        var result = Found(warnings: found.warnings)
        // A few at a time, because most searches by attributes find enough early.
        for first in stride(from: 0, to: found.rows.count, by: 100) where result.traces.count < limit {
            let some = Array(found.rows[first..<min(first + 100, found.rows.count)])
            let recalled = surface.recall(some, before: found.deadline)
            result.messages += recalled.message
            let traces = WholeTrace.traces(in: recalled.message, order: some.map(\.id))
            result.traces += traces.filter { tags.isEmpty || $0.spans.contains { matches($0) } }
            result.warnings += recalled.warnings.filter { !result.warnings.contains($0) }
        }
        result.traces.removeLast(max(result.traces.count - limit, 0))
        return result
    }

    private func search(_ view: WindowView) -> TraceSearch {
        var search = TraceSearch(range: range, isWanted: [], limit: tags.isEmpty ? limit : Self.readMax)
        search.population = .spans
        search.isWanted = view.operations.map { labels in
            (service ?? labels.service) == labels.service && (operation ?? labels.operation) == labels.operation
        }
        search.durations = durations
        search.order = .recent
        if tags["error"] != nil { search.isError = tags["error"] == "true" }
        return search
    }

    /// Whether one span has all attributes.
    private func matches(_ span: WholeTrace.Span) -> Bool {
        guard service == nil || span.service == service, operation == nil || span.span.name == operation else {
            return false
        }
        return tags.allSatisfy { key, value in
            switch key {
            case "error": (value == "true") == span.isError
            case "span.kind": span.kindName == value
            case "otel.status_code": (value == "ERROR") == span.isError
            case "otel.status_description": span.span.status?.message == value
            case "otel.scope.name": span.scope?.name == value
            default:
                ((span.span.attributes ?? []) + span.resource + (span.span.events ?? []).flatMap { $0.attributes ?? [] })
                    .contains { $0.key == key && AttributeJSON($0.value).shown == value }
            }
        }
    }
}

extension WholeTrace.Span {
    var kindName: String { SpanKind(wire: Int32(span.kind ?? 0)).name.lowercased() }
}

extension AttributeJSON {
    /// As Jaeger shows the value of a tag.
    fileprivate var shown: String {
        switch self {
        case .text(let text): text
        case .integer(let integer): "\(integer)"
        case .number(let number): "\(number)"
        case .bool(let bool): "\(bool)"
        case .list, .map: (try? JSONText.encode(self)) ?? ""
        }
    }
}
