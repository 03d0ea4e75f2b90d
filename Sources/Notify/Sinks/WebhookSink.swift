import Engine
import Foundation
import NIOSSL
import Rules
import Support
import YAML

/// `webhook: {url, headers_file}` in a rule file.
struct WebhookDefinition: EndpointDefinition {
    static let kind = "webhook"
    static let phrase = "a webhook"
    static let example = "http://127.0.0.1:9093/hook"
    static let choosesResolved = true
    let endpoint: SinkEndpoint

    static func problem(_ url: URL) -> String? {
        if let ending = SinkURL.alertsPath(of: url), ending.hasSuffix("alerts") {
            return "\(ending) is an Alertmanager's API, which takes no webhooks; write "
                + "alertmanager: {url: …}, with its base URL"
        }
        return SinkURL.problemWithFragment(url)
    }

    func sink(name: String, identity: String, links: AlertLinks) throws(WebhookHeaders.FormatError) -> any AlertSink {
        WebhookSink(
            name: name, identity: identity, url: endpoint.url, headers: try endpoint.headers(),
            tls: try endpoint.sinkTLS(), links: links, subject: endpoint.subject,
            sendsResolved: endpoint.sendsResolved)
    }
}

/// Posts alerts to a URL as Alertmanager's webhooks do.
struct WebhookSink: AlertSink {
    let name: String
    let identity: String
    let subject: SinkSubject
    let sendsResolved: Bool
    let keepsQueue = true
    /// Keeps a body below a few hundred kilobytes.
    let batchLimit = 64
    private let client: SinkClient
    private let links: AlertLinks

    /// - Parameters:
    ///   - url: may contain credentials, and is never shown.
    ///   - timeout: for a whole call; a slower receiver counts as hung.
    ///   - now: the clock to compare dates in responses with, in nanoseconds since the epoch.
    init(
        name: String = "webhook", identity: String = "webhook", url: String, headers: WebhookHeaders = .none,
        tls: SinkTLS? = nil, links: AlertLinks = .none, subject: SinkSubject = .alerts,
        sendsResolved: Bool = true, timeout: Duration = .seconds(10), now: (@Sendable () -> Int64)? = nil
    ) {
        self.name = name
        self.identity = identity
        self.subject = subject
        self.links = links
        self.sendsResolved = sendsResolved
        client = SinkClient(url: url, headers: headers, tls: tls, timeout: timeout, now: now ?? SinkClock.system)
    }

    func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
        guard let body = try? JSONText.encode(WebhookPayload(alerts, receiver: name, links: links)) else {
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
            // There may be a second call for one incident, when its verdict has become clear.
            if let culprit = alert.incident?.incident.culprit { hash.combine(culprit.certainty.rawValue) }
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
        /// The page at the time when the alert fired; empty without `external_url`.
        var generatorURL: String
        var fingerprint: String
        /// Not in Alertmanager's payload: receivers ignore it, or show the culprit.
        var evidence: EvidenceJSON?
        /// Not in Alertmanager's payload: why an alert resolved although its condition wasn't found to be false.
        var reason: ResolutionReason?
        /// Not in Alertmanager's payload: the incident, if that is what the call is about.
        var incident: IncidentJSON?
    }

    var version = "4"
    var groupKey: String
    var truncatedAlerts = 0
    var status: String
    var receiver: String
    var groupLabels: [String: String]
    var commonLabels: [String: String]
    var commonAnnotations: [String: String]
    var externalURL: String
    var alerts: [Entry]

    /// - Parameter alerts: of one name, by which they are grouped.
    init(_ alerts: [Alert], receiver: String, links: AlertLinks = .none) {
        self.alerts = alerts.map { Entry($0, links) }
        externalURL = links.base
        self.receiver = receiver
        let name = alerts.first?.name ?? ""
        groupKey = "{}:{alertname=\(PrintableText.quote(name, limit: .max))}"
        groupLabels = ["alertname": name]
        // A group is firing as long as one of its alerts is.
        status = self.alerts.contains { $0.status == "firing" } ? "firing" : "resolved"
        commonLabels = Self.common(self.alerts.map(\.labels))
        commonAnnotations = Self.common(self.alerts.map(\.annotations))
    }

    /// The entries that all dictionaries have in common.
    private static func common(_ dictionaries: [[String: String]]) -> [String: String] {
        guard let first = dictionaries.first else { return [:] }
        return first.filter { entry in dictionaries.allSatisfy { $0[entry.key] == entry.value } }
    }
}

extension WebhookPayload.Entry {
    /// The end of an alert that hasn't ended: Go's zero time, as Alertmanager uses it.
    private static let never = "0001-01-01T00:00:00Z"

    init(_ alert: Alert, _ links: AlertLinks) {
        generatorURL = links.page(of: alert)
        status = alert.state == .resolved ? "resolved" : "firing"
        labels = alert.labels.merging(["alertname": alert.name]) { _, name in name }
        annotations = links.annotations(of: alert)
        evidence = alert.evidence.map { EvidenceJSON($0) }
        reason = alert.reason
        incident = alert.incident?.incident
        startsAt = Timestamp.rfc3339(alert.firedAt ?? alert.activeAt)
        endsAt = alert.resolvedAt.map(Timestamp.rfc3339) ?? Self.never
        fingerprint = alert.fingerprint
    }
}
