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

/// The body of a webhook call: Alertmanager's payload, version 4, so that receivers written for it understand ours.
struct WebhookPayload: Encodable {
    struct Entry: Encodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL = ""
        var fingerprint: String
        /// What Alertmanager's payload has not: receivers pass over it, or read whose fault it was.
        var evidence: EvidenceJSON?
        /// The same of an alert that resolved though its condition wasn't found to be false.
        var reason: ResolutionReason?
    }

    var version = "4"
    var groupKey: String
    var truncatedAlerts = 0
    var status: String
    var receiver: String
    var groupLabels: [String: String]
    var commonLabels: [String: String]
    var commonAnnotations: [String: String]
    var externalURL = ""
    var alerts: [Entry]

    /// - Parameter alerts: of one name, which is what they are grouped by.
    init(_ alerts: [Alert], receiver: String) {
        self.alerts = alerts.map(Entry.init)
        self.receiver = receiver
        let name = alerts.first?.name ?? ""
        groupKey = "{}:{alertname=\(PrintableText.quote(name, limit: .max))}"
        groupLabels = ["alertname": name]
        // A group is firing as long as one of its alerts is.
        status = self.alerts.contains { $0.status == "firing" } ? "firing" : "resolved"
        commonLabels = Self.common(self.alerts.map(\.labels))
        commonAnnotations = Self.common(self.alerts.map(\.annotations))
    }

    /// The entries that all dictionaries have.
    private static func common(_ dictionaries: [[String: String]]) -> [String: String] {
        guard let first = dictionaries.first else { return [:] }
        return first.filter { entry in dictionaries.allSatisfy { $0[entry.key] == entry.value } }
    }
}

extension WebhookPayload.Entry {
    /// What the payload says of an alert that has not ended: the zero time of Go, in which Alertmanager is written.
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
