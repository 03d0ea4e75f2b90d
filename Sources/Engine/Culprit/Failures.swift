/// Calls of webhooks that failed, and the API requests that failed in the same time.
struct WebhookFailures: Sendable {
    /// API requests that failed in the interval.
    var requests = 0
    /// Failed calls in the interval, by component.
    private(set) var mutating = 0
    private(set) var validating = 0
    /// Failed calls of the API server to anything but etcd in the baseline, scaled to the length of the interval. There are
    /// at least as many as calls of webhooks.
    var callsBefore = 0.0

    mutating func count(_ component: Component) {
        if component == .mutatingWebhook { mutating += 1 } else { validating += 1 }
    }

    /// The webhooks whose failures explain most of the failed requests, and how many of their calls failed; nil if there are
    /// few, or about as many as before.
    var culprit: (component: Component, calls: Int)? {
        let component = mutating >= validating ? Component.mutatingWebhook : .validatingWebhook
        let calls = max(mutating, validating)
        guard calls >= Self.callsMin, 2 * calls >= requests, requests > 0 else { return nil }
        return Double(calls) >= Self.moreThanBefore * callsBefore ? (component, calls) : nil
    }

    fileprivate static let callsMin = 5
    fileprivate static let moreThanBefore = 5.0
}

/// Calls to etcd that failed.
struct EtcdFailures: Sendable {
    /// In the interval.
    var calls = 0
    /// Those of them that contain a handler of etcd: it answered, with an error.
    var answered = 0
    /// In the baseline, scaled to the length of the interval.
    var callsBefore = 0.0

    /// Whether etcd's own errors explain most of the failed requests. A call that failed without a handler may have failed on
    /// the way.
    func explain(requests: Int) -> Bool {
        requests > 0 && answered >= WebhookFailures.callsMin && 2 * answered >= calls && 2 * calls >= requests
            && Double(calls) >= WebhookFailures.moreThanBefore * callsBefore
    }
}

/// Finds the calls of webhooks among the failed calls of the API server: those whose parent is the span of a webhook.
struct FailedCalls: Sendable {
    /// The parents of failed calls.
    private var parents: [UInt64: Int] = [:]
    private static let parentsMax = 10_000

    var isEmpty: Bool { parents.isEmpty }

    mutating func add(parent: UInt64) {
        if parents.count < Self.parentsMax { parents[parent, default: 0] += 1 }
    }

    /// How many failed calls a span is the parent of.
    func count(below spanID: UInt64) -> Int { parents[spanID] ?? 0 }
}

// MARK: - The verdict

extension Evidence {
    /// The verdict about failures, asked if nothing is slow or silent; nil if they accuse nobody.
    var ofFailures: Verdict? {
        if etcdFailures.explain(requests: webhookFailures.requests) { return failingEtcd }
        return webhookFailures.culprit.map { failingWebhook($0.component, calls: $0.calls) }
    }

    private var failingEtcd: Verdict {
        Verdict(
            side: .etcd, component: .etcd,
            certainty: etcdFailures.answered >= webhookFailures.requests ? .clear : .likely,
            why:
                "etcd: it answered \(etcdFailures.answered) calls with an error, and \(webhookFailures.requests) requests failed; "
                + "nothing got clearly slower")
    }

    private func failingWebhook(_ component: Component, calls: Int) -> Verdict {
        Verdict(
            side: .webhook, component: component, certainty: calls >= webhookFailures.requests ? .clear : .likely,
            why:
                "webhook: \(calls) calls of \(VerdictText.webhooks(component)) failed, and \(webhookFailures.requests) "
                + "requests with them; nothing got clearly slower")
    }
}
