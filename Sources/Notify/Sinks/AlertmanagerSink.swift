import Engine
import Foundation
package import Rules
import Support

/// Posts alerts to an Alertmanager, as Prometheus does. It takes each as often as it is told, and groups, silences and
/// routes by itself; one that is not told again in time counts as resolved.
package struct AlertmanagerSink: AlertSink {
    package let name: String
    package let identity: String
    package let keepsQueue = true
    package let batchLimit = 64
    package let wantsRepeats = true
    private let client: SinkClient

    /// - Parameters:
    ///   - url: of the Alertmanager, with the prefix it is served under if any; may hold credentials, and is never shown.
    ///   - now: nanoseconds since the epoch.
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

/// An alert as Alertmanager's API version 2 takes it.
private struct PostableAlert: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String
    var endsAt: String

    /// How long an alert that fires is good for, in intervals at which it is told again: Prometheus' number. Three in a
    /// row may get lost.
    private static let goodFor: Int64 = 4

    init(_ alert: Alert, now: Int64) {
        labels = alert.labels.merging(["alertname": alert.name]) { _, name in name }
        annotations = alert.annotationsWithCulprit
        let end = alert.resolvedAt ?? now.addingSaturating(Self.goodFor * AlertRepetition.interval)
        // Where the clock was set back, it began later than it is; Alertmanager takes no alert that ends before it begins.
        startsAt = Timestamp.rfc3339(min(alert.firedAt ?? alert.activeAt, end))
        endsAt = Timestamp.rfc3339(end)
    }
}

extension Alert {
    /// Its annotations with `culprit`, unless the rule has one of its own.
    var annotationsWithCulprit: [String: String] {
        guard let culprit = evidence?.culprit.text else { return annotations }
        return annotations.merging(["culprit": culprit]) { own, _ in own }
    }
}

/// What a sink is sent again and again because it forgets otherwise, as Alertmanager does: firing alerts, and resolved ones
/// for a while. Times are nanoseconds since the epoch.
package struct AlertRepetition: Sendable {
    /// Prometheus' resend delay.
    static let interval: Int64 = 60_000_000_000
    /// How long resolved alerts are sent again, as in Prometheus.
    static let resolvedFor: Int64 = 900_000_000_000

    private var last: Int64?
    private var resolved: [String: Alert] = [:]

    package init() {}

    /// Notes what is sent for the first time.
    package mutating func note(_ alerts: [Alert]) {
        for alert in alerts { resolved[alert.fingerprint] = alert.state == .resolved ? alert : nil }
    }

    package func isDue(at now: Int64) -> Bool {
        // Also where the clock was set back.
        last.map { now >= $0 + Self.interval || now < $0 } ?? true
    }

    /// What to send again now.
    /// - Parameter active: all alerts that fire, and others.
    package mutating func alerts(at now: Int64, active: [Alert]) -> [Alert] {
        last = now
        resolved = resolved.filter { now - ($0.value.resolvedAt ?? 0) < Self.resolvedFor }
        let firing = active.filter { $0.state == .firing }
        return firing + resolved.sorted { $0.key < $1.key }.map(\.value)
    }
}
