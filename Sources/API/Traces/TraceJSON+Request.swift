import Engine
import Support
import Traces

extension TraceJSON {
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
        /// The trace of its authentication, if that is another one.
        var authentication_trace_id: String?
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
        authentication_trace_id = request.parts.first.map { trace.spans[$0.span] }.flatMap { first in
            trace.isForeign(first) ? TraceID(high: first.traceHigh, low: first.traceLow).hex : nil
        }
        var sums: [Component: Int64] = [:]
        for part in request.parts { sums[part.component, default: 0] += part.end &- part.start }
        components = sums.sorted { ($1.value, $0.key.number) < ($0.value, $1.key.number) }.map {
            ComponentSecondsJSON(component: names[Int($0.key.number)], seconds: Double($0.value) / 1e9)
        }
    }

    static func rank(_ request: TraceTimeline.Request, of trace: TraceDetail, in view: WindowView) -> TraceJSON.Rank? {
        let labels = trace.requests[Int(trace.spans[request.span].request) - 1]
        guard let series = view.requests.firstIndex(of: labels), let ends = view.ends else { return nil }
        let rank = view.rank(ofRequest: series, duration: request.end &- request.start)
        guard rank.of > 0 else { return nil }
        return TraceJSON.Rank(
            faster_share: Double(rank.faster) / Double(rank.of), of: rank.of,
            over_seconds: Double(ends.upperBound &- ends.lowerBound) / 1e9)
    }
}
