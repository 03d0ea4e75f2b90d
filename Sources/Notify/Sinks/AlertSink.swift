package import Rules
import Support

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

/// Makes the sinks that rule files define.
package enum AlertSinks {
    /// Throws the first fault of a file of headers, with the file's name.
    package static func make(_ definitions: [SinkDefinition]) throws(WebhookHeaders.FormatError) -> [any AlertSink] {
        var names = Numbering()
        var identities = Numbering()
        var sinks: [any AlertSink] = []
        for definition in definitions {
            let name = names.next(definition.kind)
            let identity = identities.next(definition.identity)
            switch definition {
            case .stdout(let format):
                sinks.append(StdoutSink(name: name, identity: identity, format: format))
            case .webhook(let url, let headersFile):
                let headers = try headersFile.map(WebhookHeaders.init(path:)) ?? .none
                sinks.append(WebhookSink(name: name, identity: identity, url: url, headers: headers))
            case .alertmanager(let url, let headersFile):
                let headers = try headersFile.map(WebhookHeaders.init(path:)) ?? .none
                sinks.append(AlertmanagerSink(name: name, identity: identity, url: url, headers: headers))
            }
        }
        return sinks
    }

    /// The second of a kind is `webhook-2`: names tell sinks apart in the scrape.
    private struct Numbering {
        private var numbers: [String: Int] = [:]

        mutating func next(_ kind: String) -> String {
            let number = numbers[kind, default: 0] + 1
            numbers[kind] = number
            return number == 1 ? kind : "\(kind)-\(number)"
        }
    }
}

extension SinkDefinition {
    fileprivate var kind: String {
        switch self {
        case .stdout: "stdout"
        case .webhook: "webhook"
        case .alertmanager: "alertmanager"
        }
    }

    /// The same in every run for the same receiver. A hash of its URL, which may hold a secret.
    fileprivate var identity: String {
        switch self {
        case .stdout(let format): return "\(kind)-\(format.rawValue)"
        case .webhook(let url, _), .alertmanager(let url, _):
            var hash = FNV1a()
            hash.combine(url)
            return "\(kind)-\(hash.hex)"
        }
    }
}
