package import Foundation
import Support

/// Pending and firing alerts, and incidents, as saved in a file for the next process. Times are in RFC 3339.
package struct SavedAlerts: Codable, Hashable, Sendable {
    struct Entry: Codable, Hashable, Sendable {
        /// The name of the rule, for people.
        var alert: String
        /// The rule's `RuleIdentity`.
        var rule: String
        /// The values of the rule's `by` labels.
        var values: [String]
        var state: AlertState
        var activeAt: String
        var firedAt: String?
        var falseSince: String?
        var value: Double?
        /// The value when it fired.
        var firedValue: Double?
        var evidence: EvidenceJSON?
        /// Since when the spans show the fault.
        var startedAt: String?
        /// For a rule over single spans: when one last matched, and the longest duration then.
        var matchedAt: String?
        var matchNanoseconds: Int64?
        /// How long there has been no data while other spans arrived; nil for not at all.
        var noDataNanoseconds: Int64?
    }

    static let currentVersion = 1

    var version = SavedAlerts.currentVersion
    /// The time of the last evaluation.
    package var evaluatedAt: String
    var alerts: [Entry]
    var incidents: SavedIncidents?
    /// Notifications that may not be in the sinks' queues yet.
    private var unsent: [UnsentAlert]?

    /// A copy with the notifications that may not have reached the sinks' queues.
    package func adding(unsent alerts: [UnsentAlert]) -> SavedAlerts {
        var saved = self
        saved.unsent = alerts.isEmpty ? nil : alerts
        return saved
    }

    /// Notifications that may not have reached the sinks' queues, in the order in which they were found.
    package var unsentAlerts: [UnsentAlert] { unsent ?? [] }

    /// Whether there is nothing to restore.
    package var isEmpty: Bool { alerts.isEmpty && incidents == nil && unsentAlerts.isEmpty }

    /// - Throws: `SavedAlertsError` or `DecodingError` if the bytes aren't what `encoded` returns, or have another
    ///   version.
    package init(_ contents: Data) throws {
        let end = contents.last == UInt8(ascii: "\n") ? contents.endIndex - 1 : contents.endIndex
        guard CheckedJSON.isIntact(contents[..<end]) else { throw SavedAlertsError("its checksum is wrong") }
        self = try JSONDecoder().decode(Self.self, from: contents)
        guard version == Self.currentVersion else { throw SavedAlertsError("it has the unknown version \(version)") }
        for time in times { try SavedAlertsError.check(time: time) }
    }

    /// Every time in the file.
    private var times: [String] {
        [evaluatedAt] + (incidents?.times ?? [])
            + alerts.flatMap {
                [$0.activeAt, $0.firedAt, $0.falseSince, $0.matchedAt, $0.startedAt].compactMap(\.self)
            }
    }

    init(evaluatedAt: Int64, alerts: [Entry], incidents: SavedIncidents? = nil) {
        self.evaluatedAt = Timestamp.rfc3339(evaluatedAt)
        self.alerts = alerts
        self.incidents = incidents
    }

    package func encoded() throws -> Data {
        Data((CheckedJSON.sealed(try JSONText.encode(self)) + "\n").utf8)
    }
}

/// A notification that may not have reached the sinks' queues.
package struct UnsentAlert: Codable, Hashable, Sendable {
    private enum CodingKeys: CodingKey {
        case sequence
    }

    /// No daemon gets this far: a larger number means that the file is damaged.
    private static let sequenceMax = 1 << 53

    let alert: Alert
    /// The number of the hand-over to the sinks' queues; zero if the file has none.
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
            try SavedAlertsError.check(time: time)
        }
        guard let alert = Alert(json) else { throw SavedAlertsError("an alert has no time") }
        self.alert = alert
        let container = try decoder.container(keyedBy: CodingKeys.self)
        sequence = try container.decodeIfPresent(Int.self, forKey: .sequence) ?? 0
        guard (0...Self.sequenceMax).contains(sequence) else {
            throw SavedAlertsError("\(sequence) is not a sequence number")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        try AlertJSON(alert).encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(sequence, forKey: .sequence)
    }
}

/// Why a file of alerts can't be read.
struct SavedAlertsError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }

    fileprivate static func check(time: String) throws(SavedAlertsError) {
        guard Timestamp.parse(rfc3339: time) == nil else { return }
        throw SavedAlertsError("\(PrintableText.quote(time)) is not a time between 1970 and 2116")
    }
}
