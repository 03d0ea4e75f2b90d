import Engine
import Foundation
package import Rules
import Support

/// Posts alerts to an Alertmanager, as Prometheus does. An Alertmanager accepts any number of repeats, and groups,
/// silences and routes by itself. It considers an alert resolved if it isn't repeated in time.
package struct AlertmanagerSink: AlertSink {
    package let name: String
    package let identity: String
    package let keepsQueue = true
    package let batchLimit = 64
    package let wantsRepeats = true
    private let client: SinkClient

    /// - Parameters:
    ///   - url: the Alertmanager's URL, including its path prefix. May contain credentials, and is never shown.
    ///   - now: the clock, in nanoseconds since the epoch.
    package init(
        name: String = "alertmanager", identity: String = "alertmanager", url: String,
        headers: WebhookHeaders = .none, timeout: Duration = .seconds(10), now: (@Sendable () -> Int64)? = nil
    ) {
        self.name = name
        self.identity = identity
        client = SinkClient(
            url: Self.address(url), headers: headers, timeout: timeout, now: now ?? SinkClock.system)
    }

    private static func address(_ url: String) -> String {
        guard var components = URLComponents(string: url) else { return url }
        components.path = components.path.reversed().drop { $0 == "/" }.reversed() + "/api/v2/alerts"
        return components.string ?? url
    }

    package func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
        let now = client.now()
        guard let body = try? JSONText.encode(alerts.map { PostableAlert($0, now: now) }) else {
            return .rejected("the alerts can't be written as JSON")
        }
        return await client.post(body)
    }
}

/// An alert in the form of Alertmanager's API version 2.
private struct PostableAlert: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String

    /// How long a firing alert is valid, in intervals of repetition, as in Prometheus: three in a row may get lost.
    private static let goodFor: Int64 = 4

    init(_ alert: Alert, now: Int64) {
        labels = alert.labels.merging(["alertname": alert.name]) { _, name in name }
        annotations = alert.annotationsWithCulprit
        let end = alert.resolvedAt ?? now.addingSaturating(Self.goodFor * AlertRepetition.interval)
        // After the clock was set back, the start may be in the future. Alertmanager refuses alerts that end before
        // they start.
        startsAt = Timestamp.rfc3339(min(alert.firedAt ?? alert.activeAt, end))
        endsAt = Timestamp.rfc3339(end)
    }
}

extension Alert {
    /// The annotations, with `culprit` unless the rule has one itself.
    var annotationsWithCulprit: [String: String] {
        guard let culprit = evidence?.culprit.text else { return annotations }
        return annotations.merging(["culprit": culprit]) { own, _ in own }
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
