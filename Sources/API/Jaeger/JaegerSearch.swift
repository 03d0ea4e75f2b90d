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
    /// Traces that are read for a search by attributes, which only their bodies know.
    private static let readMax = 4_000

    /// The matching traces, each with everything its spans carry.
    func traces(_ surface: QueryServer.Surface) -> [WholeTrace] {
        let view = surface.pipeline.view()
        var search = TraceSearch(range: range, isWanted: [], limit: tags.isEmpty ? limit : Self.readMax)
        search.population = .spans
        search.isWanted = view.operations.map { labels in
            (service ?? labels.service) == labels.service && (operation ?? labels.operation) == labels.operation
        }
        search.durations = durations
        search.order = .recent
        if tags["error"] != nil { search.isError = tags["error"] == "true" }
        let found = view.search(search).map(\.id)
        var result: [WholeTrace] = []
        // Few at a time: most searches by attributes find enough early.
        for first in stride(from: 0, to: found.count, by: 100) where result.count < limit {
            let some = surface.traces.traces(Array(found[first..<min(first + 100, found.count)]))
            result += some.filter { tags.isEmpty || $0.spans.contains { matches($0) } }
        }
        return Array(result.prefix(limit))
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
