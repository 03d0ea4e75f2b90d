package import Rules
import Support

/// Posts alerts to a URL as Alertmanager's webhooks do.
package struct WebhookSink: AlertSink {
    package let name: String
    package let identity: String
    package let keepsQueue = true
    /// Keeps a body below a few hundred kilobytes.
    package let batchLimit = 64
    private let client: SinkClient

    /// - Parameters:
    ///   - url: may contain credentials, and is never shown.
    ///   - timeout: for a whole call; a slower receiver counts as hung.
    ///   - now: the clock to compare dates in responses with, in nanoseconds since the epoch.
    package init(
        name: String = "webhook", identity: String = "webhook", url: String, headers: WebhookHeaders = .none,
        timeout: Duration = .seconds(10), now: (@Sendable () -> Int64)? = nil
    ) {
        self.name = name
        self.identity = identity
        client = SinkClient(url: url, headers: headers, timeout: timeout, now: now ?? SinkClock.system)
    }

    package func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
        guard let body = try? JSONText.encode(WebhookPayload(alerts, receiver: name)) else {
            return .rejected("the alerts can't be written as JSON")
        }
        return await client.post(body, idempotencyKey: IdempotencyKey.text(alerts))
    }
}

/// Identifies a call. Repeated calls have the same key, even from the next process.
enum IdempotencyKey {
    /// 16 hexadecimal digits. Includes the times of firing and resolution, which differ each time an alert fires.
    static func text(_ alerts: [Alert]) -> String {
        var hash = FNV1a()
        for alert in alerts {
            hash.combine(alert.fingerprint)
            hash.combine(alert.state.rawValue)
            hash.combine("\(alert.firedAt ?? 0) \(alert.resolvedAt ?? 0)")
        }
        return hash.hex
    }
}

extension WebhookPayload.Entry {
    /// The end of an alert that hasn't ended: Go's zero time, as Alertmanager uses it.
    private static let never = "0001-01-01T00:00:00Z"

    init(_ alert: Alert) {
        status = alert.state == .resolved ? "resolved" : "firing"
        labels = alert.labels.merging(["alertname": alert.name]) { _, name in name }
        annotations = alert.annotationsWithCulprit
        evidence = alert.evidence.map { EvidenceJSON($0) }
        reason = alert.reason
        startsAt = Timestamp.rfc3339(alert.firedAt ?? alert.activeAt)
        endsAt = alert.resolvedAt.map(Timestamp.rfc3339) ?? Self.never
        fingerprint = alert.fingerprint
    }
}
