package import Rules

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
