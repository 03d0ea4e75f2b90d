import Archive
import Engine
import Support
import Traces

extension TraceJSON {
    struct Span: Encodable, Sendable {
        var span_id: String
        /// Of an authentication that is a trace of its own; nil for the trace's own spans.
        var trace_id: String?
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
        /// `other` of a service that is neither an API server nor etcd.
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
}

extension TraceJSON.Span {
    init(_ index: Int, of trace: TraceDetail, since first: Int64, _ components: [String]) {
        let span = trace.spans[index]
        let labels = trace.operations[Int(span.operation)]
        let carried = trace.carried[span.spanID]
        let own = Dictionary(carried?.span.attributes ?? [])
        resource = Dictionary(carried?.resource ?? [])
        span_id = Hex.text(span.spanID)
        trace_id = trace.isForeign(span) ? TraceID(high: span.traceHigh, low: span.traceLow).hex : nil
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
        let owner = index < trace.timeline.components.count ? trace.timeline.components[index] : .apiServer
        // What the API server has unless another component has it, but only of what it or etcd did.
        let isOther = owner == .apiServer && [.other, .kubelet].contains(labels.role)
        component = isOther ? "other" : components[Int(owner.number)]
        self_seconds = index < trace.timeline.selfTimes.count ? Double(trace.timeline.selfTimes[index]) / 1e9 : 0
        critical = index < trace.timeline.isCritical.count && trace.timeline.isCritical[index]
    }
}
