import Engine
import Foundation
import NIOSSL
package import Rules
import Support
import YAML

/// `alertmanager: {url, headers_file}` in a rule file. The URL is that of the Alertmanager itself, not of its API.
struct AlertmanagerDefinition: EndpointDefinition {
    static let kind = "alertmanager"
    static let phrase = "an Alertmanager"
    static let example = "http://127.0.0.1:9093"
    let endpoint: SinkEndpoint

    static func problem(_ url: URL) -> String? {
        let form = "url is the Alertmanager's base URL, as in \(example): leave"
        if let ending = SinkURL.alertsPath(of: url) { return "\(form) \(ending) out" }
        return SinkURL.problemWithFragment(url) ?? (url.query == nil ? nil : "\(form) out ? and what follows")
    }

    func sink(name: String, identity: String, links: AlertLinks) throws(WebhookHeaders.FormatError) -> any AlertSink {
        AlertmanagerSink(
            name: name, identity: identity, url: endpoint.url, headers: try endpoint.headers(),
            tls: try endpoint.sinkTLS(), links: links, subject: endpoint.subject)
    }
}

/// Posts alerts to an Alertmanager, as Prometheus does. An Alertmanager accepts any number of repeats, and groups,
/// silences and routes by itself. It considers an alert resolved if it isn't repeated in time.
struct AlertmanagerSink: AlertSink {
    let name: String
    let identity: String
    let subject: SinkSubject
    let keepsQueue = true
    let batchLimit = 64
    let wantsRepeats = true
    private let client: SinkClient
    private let links: AlertLinks

    /// - Parameters:
    ///   - url: the Alertmanager's URL, including its path prefix. May contain credentials, and is never shown.
    ///   - now: the clock, in nanoseconds since the epoch.
    init(
        name: String = "alertmanager", identity: String = "alertmanager", url: String,
        headers: WebhookHeaders = .none, tls: SinkTLS? = nil, links: AlertLinks = .none,
        subject: SinkSubject = .alerts, timeout: Duration = .seconds(10),
        now: (@Sendable () -> Int64)? = nil
    ) {
        self.name = name
        self.identity = identity
        self.subject = subject
        self.links = links
        client = SinkClient(
            url: Self.address(url), headers: headers, tls: tls, timeout: timeout, now: now ?? SinkClock.system)
    }

    private static func address(_ url: String) -> String {
        guard var components = URLComponents(string: url) else { return url }
        components.path = components.path.reversed().drop { $0 == "/" }.reversed() + "/api/v2/alerts"
        return components.string ?? url
    }

    func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
        let now = client.now()
        let posted = alerts.flatMap { [$0] + [$0.underFormerLabels(endingAt: now)].compactMap(\.self) }
        guard let body = try? JSONText.encode(posted.map { PostableAlert($0, links, now: now) }) else {
            return .rejected("the alerts can't be written as JSON")
        }
        return await client.post(body)
    }
}

extension Alert {
    /// An Alertmanager identifies alerts by their labels: if those of an incident have changed, the alert with the
    /// former labels is ended, so that the incident doesn't appear twice.
    fileprivate func underFormerLabels(endingAt now: Int64) -> Alert? {
        guard let former = incident?.formerLabels else { return nil }
        var alert = self
        alert.labels.merge(former) { _, former in former }
        alert.state = .resolved
        alert.resolvedAt = now
        return alert
    }
}

/// An alert in the form of Alertmanager's API version 2.
private struct PostableAlert: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String
    /// The page at the time when the alert fired; nil without `external_url`.
    var generatorURL: String?

    /// How long a firing alert is valid, in intervals of repetition, as in Prometheus: three in a row may get lost.
    private static let goodFor: Int64 = 4

    init(_ alert: Alert, _ links: AlertLinks, now: Int64) {
        let page = links.page(of: alert)
        generatorURL = page.isEmpty ? nil : page
        labels = alert.labels.merging(["alertname": alert.name]) { _, name in name }
        annotations = links.annotations(of: alert)
        let end = alert.resolvedAt ?? now.addingSaturating(Self.goodFor * AlertRepetition.interval)
        // After the clock was set back, the start may be in the future. Alertmanager refuses alerts that end before
        // they start.
        startsAt = Timestamp.rfc3339(min(alert.firedAt ?? alert.activeAt, end))
        endsAt = Timestamp.rfc3339(end)
    }
}

/// The repeats for sinks that otherwise forget, as Alertmanager does: firing alerts, and resolved ones for a while.
/// Times are in nanoseconds since the epoch.
package struct AlertRepetition: Sendable {
    /// Prometheus's resend delay.
    static let interval: Int64 = 60_000_000_000
    /// How long resolved alerts are repeated, as in Prometheus.
    static let resolvedFor: Int64 = 900_000_000_000

    private var last: Int64?
    private var resolved: [String: Alert] = [:]

    package init() {}

    /// Notes alerts that are sent for the first time.
    package mutating func note(_ alerts: [Alert]) {
        for alert in alerts { resolved[alert.fingerprint] = alert.state == .resolved ? alert : nil }
    }

    package func isDue(at now: Int64) -> Bool {
        // Also due after the clock was set back.
        last.map { now >= $0 + Self.interval || now < $0 } ?? true
    }

    /// The alerts to repeat now.
    /// - Parameter active: the active alerts; those that fire are repeated.
    package mutating func alerts(at now: Int64, active: [Alert]) -> [Alert] {
        last = now
        resolved = resolved.filter { now - ($0.value.resolvedAt ?? 0) < Self.resolvedFor }
        let firing = active.filter { $0.state == .firing }
        return firing + resolved.sorted { $0.key < $1.key }.map(\.value)
    }
}
