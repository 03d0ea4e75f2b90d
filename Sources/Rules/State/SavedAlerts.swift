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
    /// What evaluations found that sinks are told, as long as it may not be in their queues.
    private var untold: [UntoldAlert]?

    /// The same with what sinks may not have been told.
    package func adding(untold alerts: [UntoldAlert]) -> SavedAlerts {
        var saved = self
        saved.untold = alerts.isEmpty ? nil : alerts
        return saved
    }

    /// What sinks may not have been told, in the order in which it was found.
    package var untoldAlerts: [UntoldAlert] { untold ?? [] }

    /// Whether the next process would do the same without it.
    package var isEmpty: Bool { alerts.isEmpty && untoldAlerts.isEmpty }

    /// - Throws: `UnreadableAlerts` or `DecodingError` where the bytes are not what `encoded` gives, or of another version.
    package init(_ contents: Data) throws {
        self = try JSONDecoder().decode(Self.self, from: contents)
        guard version == Self.currentVersion else { throw UnreadableAlerts("it is of version \(version)") }
        for time in times { try UnreadableAlerts.check(time: time) }
    }

    /// All that stand in the file.
    private var times: [String] {
        [evaluatedAt]
            + alerts.flatMap { [$0.activeAt, $0.firedAt, $0.falseSince, $0.matchedAt].compactMap(\.self) }
    }

    init(evaluatedAt: Int64, alerts: [Entry]) {
        self.evaluatedAt = Timestamp.rfc3339(evaluatedAt)
        self.alerts = alerts
    }

    package func encoded() throws -> Data {
        Data((try JSONText.encode(self) + "\n").utf8)
    }
}

/// An alert that sinks may not have been told of.
package struct UntoldAlert: Codable, Hashable, Sendable {
    private enum CodingKeys: CodingKey {
        case sequence
    }

    /// No daemon hands over as often; a file that says so is damaged.
    private static let sequenceMax = 1 << 53

    package let alert: Alert
    /// Of the hand-over to the sinks' queues; zero where a file says none.
    package let sequence: Int

    package init(_ alert: Alert, sequence: Int) {
        self.alert = alert
        self.sequence = sequence
    }

    package var transition: AlertTransition {
        AlertTransition(time: alert.resolvedAt ?? alert.firedAt ?? alert.activeAt, alert: alert)
    }

    package init(from decoder: any Decoder) throws {
        let json = try AlertJSON(from: decoder)
        for time in [json.activeAt, json.firedAt, json.resolvedAt].compactMap(\.self) {
            try UnreadableAlerts.check(time: time)
        }
        guard let alert = Alert(json) else { throw UnreadableAlerts("an alert has no time") }
        self.alert = alert
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sequence = try container.decodeIfPresent(Int.self, forKey: .sequence) ?? 0
        guard (0...Self.sequenceMax).contains(sequence) else {
            throw UnreadableAlerts("\(sequence) is no sequence number")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        try AlertJSON(alert).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sequence, forKey: .sequence)
    }
}

/// Why a file of alerts is not read.
package struct UnreadableAlerts: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }

    fileprivate static func check(time: String) throws(UnreadableAlerts) {
        guard Timestamp.parse(rfc3339: time) == nil else { return }
        throw UnreadableAlerts("\(PrintableText.quote(time)) is no time from 1970 to 2116")
    }
}
