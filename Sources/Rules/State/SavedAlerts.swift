package import Foundation
import Support

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
        /// How long there has been no data while other spans came; nil for not at all.
        var noDataNanoseconds: Int64?
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

    /// - Throws: `UnreadableAlerts` or `DecodingError` where the bytes are not what `encoded` gives, or of another version.
    package init(_ contents: Data) throws {
        self = try JSONDecoder().decode(Self.self, from: contents)
        guard version == Self.currentVersion else { throw UnreadableAlerts("it is of version \(version)") }
        for time in times where Timestamp.parse(rfc3339: time) == nil {
            throw UnreadableAlerts("\(PrintableText.quote(time)) is no time from 1970 to 2116")
        }
    }

    /// All that stand in the file.
    private var times: [String] {
        [evaluatedAt]
            + alerts.flatMap { [$0.activeAt, $0.firedAt, $0.falseSince, $0.matchedAt].compactMap(\.self) }
            + (untold ?? []).flatMap { [$0.activeAt, $0.firedAt, $0.resolvedAt].compactMap(\.self) }
    }

    init(evaluatedAt: Int64, alerts: [Entry]) {
        self.evaluatedAt = Timestamp.rfc3339(evaluatedAt)
        self.alerts = alerts
    }

    package func encoded() throws -> Data {
        Data((try JSONText.encode(self) + "\n").utf8)
    }
}

/// Why a file of alerts is not read.
package struct UnreadableAlerts: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
