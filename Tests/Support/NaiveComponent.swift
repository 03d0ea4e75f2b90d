/// The component that a span's own time is attributed to.
package enum NaiveComponent: String, CaseIterable {
    case etcd
    case etcdClient = "etcd-client"
    case storage
    case watchCache = "watch-cache"
    case authentication, authorization, audit, impersonation
    case priorityAndFairness = "priority-and-fairness"
    case mutatingWebhook = "mutating-webhook"
    case validatingWebhook = "validating-webhook"
    case serialize, transform, proxy, apiserver
}

extension NaiveAttribution {
    package func component(_ span: ReferenceSpan) -> NaiveComponent {
        let name = span.nameText
        if span.serviceText == "etcd" { return .etcd }
        // The spans of a webhook that traces are part of the webhook's time.
        guard span.isOfAPIServer else { return parent(span).map(component) ?? .apiserver }
        if span.kind == ReferenceSpan.client {
            if name.hasPrefix("etcdserverpb.") { return .etcdClient }
            return webhook(above: span) ?? (name.hasPrefix("HTTP ") ? .proxy : .apiserver)
        }
        if name.hasSuffix(" etcd3") { return .storage }
        if name.hasPrefix("cacher") { return .watchCache }
        if name.hasPrefix("Transform") { return .transform }
        if name.hasPrefix("Proxy via ") { return .proxy }
        switch name {
        case "authentication": return .authentication
        case "authorization": return .authorization
        case "audit": return .audit
        case "impersonation", "constrainedimpersonation": return .impersonation
        case "priorityandfairness": return .priorityAndFairness
        case "Call mutating webhook": return .mutatingWebhook
        case "Call validating webhook": return .validatingWebhook
        case "SerializeObject": return .serialize
        default: return .apiserver
        }
    }

    /// Whether it is a call of others that isn't a webhook's.
    func isProxy(_ span: ReferenceSpan) -> Bool {
        guard span.isOfAPIServer else { return false }
        return span.nameText.hasPrefix(span.kind == ReferenceSpan.client ? "HTTP " : "Proxy via ")
    }

    func isWebhook(_ span: ReferenceSpan) -> Bool {
        [.mutatingWebhook, .validatingWebhook].contains(component(span)) && span.kind != ReferenceSpan.client
            && span.isOfAPIServer
    }

    /// The closest webhook call above a span within its own request: above a SERVER span it would belong to another
    /// request.
    private func webhook(above span: ReferenceSpan) -> NaiveComponent? {
        var seen: [[UInt8]] = []
        var current = parent(span)
        while let above = current, above.kind != ReferenceSpan.server, !seen.contains(above.spanID) {
            seen.append(above.spanID)
            if above.isOfAPIServer, above.nameText == "Call mutating webhook" { return .mutatingWebhook }
            if above.isOfAPIServer, above.nameText == "Call validating webhook" { return .validatingWebhook }
            current = parent(above)
        }
        return nil
    }
}

extension ReferenceSpan {
    package static let server: Int32 = 2
    package static let client: Int32 = 3

    var nameText: String { String(decoding: name, as: UTF8.self) }
    var serviceText: String { String(decoding: service, as: UTF8.self) }
    var isOfAPIServer: Bool { serviceText == "apiserver" || serviceText == "kube-apiserver" }
    /// Whether the spans of two requests say the same of what is asked for. Where there is no target, the name has it.
    func isOfSameRequest(as other: ReferenceSpan) -> Bool {
        if let own = oddRequestLabels { return own == other.oddRequestLabels }
        return asked == other.asked
    }

    private var asked: [String] {
        let parts = nameText.split(separator: " ", maxSplits: 1).map(String.init)
        let target = texts["http.target"]?.first.map { String(decoding: $0, as: UTF8.self) }
        return [parts[0], target ?? parts.dropFirst().first ?? ""]
    }

    package var isAPIServerRequest: Bool { isOfAPIServer && kind == Self.server }
}
