import Archive
package import Engine
import Foundation
import Pipeline
import Support
package import Traces

extension Resource {
    /// A trace with spans in the window, among the recent bodies or in the recording, or one that an active alert names.
    static let trace = text(
        "/api/v1/traces/:id", parameters: [.traceID, .traceFormat],
        summary: "the spans of a trace, and whose time it was", schema: TraceJSON.schema, absent: "trace not found"
    ) { surface, query in
        guard let id = query.traceID else { return nil }
        switch query[.traceFormat] {
        case "otlp": return WholeTraceFormat.otlp(try surface.message(of: id, in: query.range.given))
        case "jaeger": return WholeTraceFormat.jaeger(try surface.message(of: id, in: query.range.given))
        default:
            return try surface.trace(id, in: query.range.given).map {
                try JSONText.encode(TraceJSON($0, surface.pipeline))
            }
        }
    }
}

extension QueryServer.Surface {
    /// - Parameter range: when its spans ended, Unix nanoseconds; nil if unknown.
    func trace(_ id: TraceID, in range: Range<Int64>?) throws -> TraceDetail? {
        let known = pipeline.trace(id)
        return TraceDetail(
            id, known: (known.spans, known.operations, known.requests),
            message: try message(of: id, known: known.spans, in: range), services: pipeline.services,
            components: pipeline.components)
    }

    /// The spans of a trace with everything that they carried, as an `ExportTraceServiceRequest` on the wire; empty if
    /// there are none.
    ///
    /// - Parameter range: when its spans ended, Unix nanoseconds; nil if unknown.
    func message(of id: TraceID, in range: Range<Int64>?, mergesScopes: Bool = false) throws -> [UInt8] {
        try message(of: id, known: pipeline.trace(id).spans, in: range, mergesScopes: mergesScopes)
    }

    private func message(
        of id: TraceID, known: [SpanRow], in range: Range<Int64>?, mergesScopes: Bool = false
    ) throws -> [UInt8] {
        do {
            return try traces.message(
                of: id, known: known, endingIn: range, before: .now + QueryDeadline.reading, mergesScopes: mergesScopes)
        } catch .isBusy {
            throw QueryDeadline.Busy()
        } catch .isTooLong {
            throw QueryDeadline.Passed()
        }
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

/// Request labels as the API writes them.
struct RequestLabelsJSON: Encodable, Sendable {
    var verb: String
    var group: String
    var resource: String
    var subresource: String
    var scope: String

    init(_ labels: RequestLabels) {
        verb = labels.verb
        group = labels.group
        resource = labels.resource
        subresource = labels.subresource
        scope = labels.scope
    }
}

struct ComponentSecondsJSON: Encodable, Sendable {
    var component: String
    var seconds: Double
}

/// A trace for the query API, its spans ordered by start.
struct TraceJSON: Encodable, Sendable {
    struct Span: Encodable, Sendable {
        var span_id: String
        /// nil for a root.
        var parent_span_id: String?
        var cluster: String?
        var service: String
        var instance: String?
        var operation: String
        var kind: String
        /// RFC 3339.
        var start: String
        /// Since the trace's first start.
        var offset_seconds: Double
        var duration_seconds: Double
        var error: Bool
        var status: Status
        var attributes: [String: AttributeJSON]
        var resource: [String: AttributeJSON]
        var events: [Event]
        var links: [Link]
        var component: String
        var self_seconds: Double
        var critical: Bool
    }

    struct Status: Encodable, Sendable {
        var code: String
        var message: String?
    }

    struct Event: Encodable, Sendable {
        var time: String
        var name: String
        var attributes: [String: AttributeJSON]
    }

    struct Link: Encodable, Sendable {
        var trace_id: String
        var span_id: String
    }

    struct Request: Encodable, Sendable {
        var span_id: String
        var verb: String
        var group: String
        var resource: String
        var subresource: String
        var scope: String
        var offset_seconds: Double
        var duration_seconds: Double
        var components: [ComponentSecondsJSON]
        var parts: [Part]
        var rank: Rank?
    }

    /// A stretch of a request: whose time it was.
    struct Part: Encodable, Sendable {
        var component: String
        var span_id: String
        var offset_seconds: Double
        var seconds: Double
    }

    /// Among the requests of its kind in the window.
    struct Rank: Encodable, Sendable {
        /// Of all, the share that took less time.
        var faster_share: Double
        var of: Int
        var over_seconds: Double
    }

    var trace_id: String
    var start: String
    var end: String
    var duration_seconds: Double
    /// Whether attributes, events and messages are there for every span.
    var whole: Bool
    var spans: [Span]
    var requests: [Request]

    init(_ trace: TraceDetail, _ pipeline: Pipeline) {
        self.init(trace, pipeline.components.names)
        guard !requests.isEmpty else { return }
        let view = pipeline.attributedSummary().view
        for index in requests.indices {
            requests[index].rank = Self.rank(trace.timeline.requests[index], of: trace, in: view)
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

    private static func rank(_ request: TraceTimeline.Request, of trace: TraceDetail, in view: WindowView) -> Rank? {
        let labels = trace.requests[Int(trace.spans[request.span].request) - 1]
        guard let series = view.requests.firstIndex(of: labels), let ends = view.ends else { return nil }
        let rank = view.rank(ofRequest: series, duration: request.end &- request.start)
        guard rank.of > 0 else { return nil }
        return Rank(
            faster_share: Double(rank.faster) / Double(rank.of), of: rank.of,
            over_seconds: Double(ends.upperBound &- ends.lowerBound) / 1e9)
    }
}

extension TraceJSON.Span {
    init(_ index: Int, of trace: TraceDetail, since first: Int64, _ components: [String]) {
        let span = trace.spans[index]
        let labels = trace.operations[Int(span.operation)]
        let carried = trace.carried[span.spanID]
        let own = Dictionary(carried?.span.attributes ?? [])
        resource = Dictionary(carried?.resource ?? [])
        span_id = Hex.text(span.spanID)
        parent_span_id = span.parentID == 0 ? nil : Hex.text(span.parentID)
        cluster = resource["k8s.cluster.name"]?.text
        service = labels.service
        instance =
            ["service.instance.id", "k8s.pod.name", "host.name"].lazy.compactMap { [resource] in
                resource[$0]?.text
            }.first
        operation = labels.operation
        kind = labels.kind.name
        start = Timestamp.rfc3339(span.start)
        offset_seconds = Double(span.start &- first) / 1e9
        duration_seconds = Double(span.duration) / 1e9
        error = span.flags.isError
        let code = carried?.span.status?.code ?? (span.flags.isError ? 2 : 0)
        status = .init(code: ["unset", "ok", "error"][min(max(code, 0), 2)], message: carried?.span.status?.message)
        attributes = own
        events = (carried?.span.events ?? []).map { event in
            .init(
                time: Timestamp.rfc3339(Int64(event.timeUnixNano ?? "") ?? 0), name: event.name ?? "",
                attributes: Dictionary(event.attributes ?? []))
        }
        links = (carried?.span.links ?? []).map { .init(trace_id: $0.traceId ?? "", span_id: $0.spanId ?? "") }
        component =
            index < trace.timeline.components.count
            ? components[Int(trace.timeline.components[index].number)] : "apiserver"
        self_seconds = index < trace.timeline.selfTimes.count ? Double(trace.timeline.selfTimes[index]) / 1e9 : 0
        critical = index < trace.timeline.isCritical.count && trace.timeline.isCritical[index]
    }
}

extension TraceJSON.Request {
    init(_ request: TraceTimeline.Request, of trace: TraceDetail, since first: Int64, _ names: [String]) {
        let span = trace.spans[request.span]
        let labels = trace.requests[Int(span.request) - 1]
        span_id = Hex.text(span.spanID)
        verb = labels.verb
        group = labels.group
        resource = labels.resource
        subresource = labels.subresource
        scope = labels.scope
        offset_seconds = Double(request.start &- first) / 1e9
        duration_seconds = Double(request.end &- request.start) / 1e9
        parts = request.parts.map { part in
            .init(
                component: names[Int(part.component.number)], span_id: Hex.text(trace.spans[part.span].spanID),
                offset_seconds: Double(part.start &- first) / 1e9, seconds: Double(part.end &- part.start) / 1e9)
        }
        var sums: [Component: Int64] = [:]
        for part in request.parts { sums[part.component, default: 0] += part.end &- part.start }
        components = sums.sorted { ($1.value, $0.key.number) < ($0.value, $1.key.number) }.map {
            ComponentSecondsJSON(component: names[Int($0.key.number)], seconds: Double($0.value) / 1e9)
        }
    }
}

/// The value of an attribute as JSON has it. Integers beyond ±(2^53 − 1), which JavaScript can't hold, are strings.
indirect enum AttributeJSON: Encodable, Sendable {
    case text(String)
    case integer(Int64)
    case number(Double)
    case bool(Bool)
    case list([AttributeJSON])
    case map([String: AttributeJSON])

    init(_ value: OTLPDocument.Value?) {
        guard let value else { self = .text(""); return }
        if let text = value.stringValue {
            self = .text(text)
        } else if let bool = value.boolValue {
            self = .bool(bool)
        } else if let integer = value.intValue {
            let small = Int64(integer).flatMap { $0.magnitude < 1 << 53 ? $0 : nil }
            self = small.map { .integer($0) } ?? .text(integer)
        } else if let list = value.arrayValue {
            self = .list((list.values ?? []).map { AttributeJSON($0) })
        } else if let pairs = value.kvlistValue {
            self = .map(Dictionary(pairs.values ?? []))
        } else {
            switch value.doubleValue {
            case .value(let number): self = .number(number)
            case .name(let name): self = .text(name)
            case nil: self = .text(value.bytesValue ?? "")
            }
        }
    }

    /// The text of a text.
    var text: String? {
        guard case .text(let text) = self else { return nil }
        return text
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .integer(let integer): try container.encode(integer)
        case .number(let number): try container.encode(number)
        case .bool(let bool): try container.encode(bool)
        case .list(let list): try container.encode(list)
        case .map(let map): try container.encode(map)
        }
    }
}

extension [String: AttributeJSON] {
    /// The last of attributes with the same key counts.
    init(_ attributes: [OTLPDocument.Attribute]) {
        self = Dictionary(
            attributes.map { ($0.key ?? "", AttributeJSON($0.value)) }, uniquingKeysWith: { _, last in last })
    }
}

extension TraceDetail {
    /// What `GET /api/v1/traces/ID` answers about a trace, without the ranks of its requests.
    package func json(_ components: ComponentTable) throws -> String {
        try JSONText.encode(TraceJSON(self, components.names))
    }
}
