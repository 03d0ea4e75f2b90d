package import Rules

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
