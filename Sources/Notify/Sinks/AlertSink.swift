package import Rules
import Support

/// A destination for alerts. A sink makes one attempt when asked; the dispatcher is responsible for retries, order and
/// limits.
package protocol AlertSink: Sendable {
    /// Its name in the scrape.
    var name: String { get }
    /// Identifies the sink, the same in every run. May be part of a file name.
    var identity: String { get }
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
    package var keepsQueue: Bool { false }
    package var wantsRepeats: Bool { false }
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
    /// Refused by the receiver, or given up as too old.
    case failed
    /// Not delivered because the queue was full or the time to drain ran out.
    case dropped
    /// Attempted again.
    case retried
}

/// Creates the sinks that rule files define.
package enum AlertSinks {
    /// Throws the first fault in a header file, with the file's name.
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

    /// Numbers names from the second of a kind on, as in `webhook-2`, so that they are unique in the scrape.
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

    /// The same in every run for the same receiver. Hashes the URL, which may contain a secret.
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
