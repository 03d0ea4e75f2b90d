package import Foundation

/// Pending and firing alerts as a file keeps them for the next process. Times in RFC 3339, durations in seconds.
package struct SavedAlerts: Codable, Hashable, Sendable {
    struct Entry: Codable, Hashable, Sendable {
        /// The name of the rule, for people.
        var alert: String
        /// What `RuleIdentity` says of the rule.
        var rule: String
        /// Of the rule's `by` labels.
        var values: [String]
        var state: AlertState
        var activeAt: String
        var firedAt: String?
        var falseSince: String?
        var value: Double?
        var evidence: EvidenceJSON?
        /// Of a rule over single spans: when one matched last, and how long the longest took.
        var matchedAt: String?
        var matchNanoseconds: Int64?
    }

    static let currentVersion = 1

    var version = SavedAlerts.currentVersion
    /// The last evaluation.
    var evaluatedAt: String
    var alerts: [Entry]
    /// What the last evaluation found that sinks are told, as long as it may not be in their queues.
    private var untold: [AlertJSON]?

    /// The same with what sinks are yet to be told.
    package func adding(untold transitions: [AlertTransition]) -> SavedAlerts {
        var saved = self
        saved.untold = transitions.filter(\.isNotified).map { AlertJSON($0.alert) }
        return saved
    }

    /// What sinks may not have been told.
    package var untoldTransitions: [AlertTransition] {
        (untold ?? []).compactMap { Alert($0) }.map {
            AlertTransition(time: $0.resolvedAt ?? $0.firedAt ?? $0.activeAt, alert: $0)
        }
    }

    package var isEmpty: Bool { alerts.isEmpty }

    /// - Throws: where the bytes are not what `encoded` gives, or of another version.
    package init(_ contents: Data) throws {
        self = try JSONDecoder().decode(Self.self, from: contents)
        guard version == Self.currentVersion, Timestamp.parse(rfc3339: evaluatedAt) != nil else {
            throw CocoaError(.coderReadCorrupt)
        }
    }

    init(evaluatedAt: Int64, alerts: [Entry]) {
        self.evaluatedAt = Timestamp.rfc3339(evaluatedAt)
        self.alerts = alerts
    }

    package func encoded() throws -> Data {
        Data((try JSONText.encode(self) + "\n").utf8)
    }
}

/// Which rule an alert is of, the same in every run as long as the rule says the same.
enum RuleIdentity {
    static func text(_ rule: Rule, inGroup group: String) -> String {
        var hash = FNV1a()
        var parts = [group, rule.alert, "\(rule.selector.population)"]
        for match in rule.selector.matches {
            parts.append(match.label)
            switch match.matcher {
            case .equal(let text): parts += ["=", text]
            case .notEqual(let text): parts += ["!=", text]
            case .matching(let pattern): parts += ["=~", pattern.text]
            case .notMatching(let pattern): parts += ["!~", pattern.text]
            }
        }
        parts += ["by"] + rule.by + ["when", rule.condition.expression.description]
        parts += [rule.over, rule.holdFor, rule.keepFiringFor].map { "\($0)" }
        for (name, value) in rule.labels.sorted(by: { $0.key < $1.key }) { parts += [name, value] }
        parts.append("annotations")
        for (name, template) in rule.annotations.sorted(by: { $0.key < $1.key }) { parts += [name, template.text] }
        for part in parts { hash.combine(part) }
        return hash.hex
    }
}
