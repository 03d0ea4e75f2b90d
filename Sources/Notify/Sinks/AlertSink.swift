package import Rules

/// Where alerts are delivered. A sink tries once when asked; retries, order and bounds are the dispatcher's.
package protocol AlertSink: Sendable {
    /// Its name in the scrape.
    var name: String { get }
    /// What tells it from others, the same in every run; may be a part of a file's name.
    var identity: String { get }
    /// How many alerts it takes at once.
    var batchLimit: Int { get }
    /// Whether what it has not been told yet is kept on disk.
    var keepsQueue: Bool { get }
    /// Whether it forgets what it isn't told again.
    var wantsRepeats: Bool { get }
    /// Tries to deliver alerts that have the same name, none of them twice.
    func deliver(_ alerts: [Alert]) async -> DeliveryAttempt
}

extension AlertSink {
    package var identity: String { name }
    package var keepsQueue: Bool { false }
    package var wantsRepeats: Bool { false }
}

/// How an attempt at delivery ended.
package enum DeliveryAttempt: Hashable, Sendable {
    case delivered
    /// Worth another attempt; `after` is how long the receiver wants to be left alone.
    case unavailable(String, after: Duration?)
    /// Not worth another attempt.
    case rejected(String)
}

/// How alerts ended, or what happened to them on the way: `outcome` in the scrape.
package enum DeliveryOutcome: String, Hashable, Sendable, CaseIterable {
    case delivered
    /// Refused by the receiver, or given up as too old.
    case failed
    /// Never attempted, since the queue was full or time to drain ran out.
    case dropped
    /// Attempted again.
    case retried
}
