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
    ///   - url: may hold credentials, and is never shown.
    ///   - timeout: for a whole call; a receiver that takes longer has hung.
    ///   - now: the clock that dates in answers are compared with, nanoseconds since the epoch.
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

/// What tells one call from all others, the same each time it is made: also by the next process.
enum IdempotencyKey {
    /// 16 hexadecimal digits. Each firing of an alert and its end has a time of its own.
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
