package import Rules
import YAML

/// A destination for alerts. A sink makes one attempt when asked; the dispatcher is responsible for retries, order and
/// limits.
package protocol AlertSink: Sendable {
    /// Its name in the scrape.
    var name: String { get }
    /// Identifies the sink, the same in every run. May be part of a file name.
    var identity: String { get }
    /// Which alerts it is notified of.
    var subject: SinkSubject { get }
    /// Whether it is notified when an alert resolves.
    var sendsResolved: Bool { get }
    /// How many alerts it takes at once.
    var batchLimit: Int { get }
    /// Whether its undelivered alerts are kept on disk.
    var keepsQueue: Bool { get }
    /// Whether it forgets alerts unless they are repeated.
    var wantsRepeats: Bool { get }
    /// Tries once to deliver alerts of the same name, without duplicates.
    func deliver(_ alerts: [Alert]) async -> DeliveryAttempt
}

extension AlertSink {
    package var identity: String { name }
    package var subject: SinkSubject { .alerts }
    package var sendsResolved: Bool { true }
    package var keepsQueue: Bool { false }
    package var wantsRepeats: Bool { false }

    func wants(_ alert: Alert) -> Bool {
        subject.includes(alert) && (sendsResolved || alert.state != .resolved)
    }
}

/// What a sink is notified of: `send` in rule files.
package enum SinkSubject: String, Hashable, Sendable, CaseIterable {
    /// Every alert of a rule.
    case alerts
    /// Incidents, each of them as one alert.
    case incidents

    func includes(_ alert: Alert) -> Bool { (alert.incident != nil) == (self == .incidents) }

    static func read(_ mapping: YAMLMapping, _ diagnostics: inout Diagnostics) -> SinkSubject? {
        guard let node = mapping["send"] else { return .alerts }
        return node.choice("send", of: SinkSubject.self, &diagnostics)
    }

    /// Distinguishes the identities of two sinks for the same receiver.
    var suffix: String { self == .alerts ? "" : "-\(rawValue)" }
}

/// How an attempt at delivery ended.
package enum DeliveryAttempt: Hashable, Sendable {
    case delivered
    /// Worth another attempt; `after` is the pause that the receiver asks for.
    case unavailable(String, after: Duration?)
    /// Not worth another attempt.
    case rejected(String)
}

/// What happened to alerts: `outcome` in the scrape.
package enum DeliveryOutcome: String, Hashable, Sendable, CaseIterable {
    case delivered
    /// Rejected by the receiver, or dropped as too old.
    case failed
    /// Not delivered because the queue was full or the time to drain ran out.
    case dropped
    /// Attempted again.
    case retried
}
