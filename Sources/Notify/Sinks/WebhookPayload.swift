import Rules
import Support

/// The body of a webhook call: Alertmanager's payload, version 4, so that receivers written for it understand ours.
struct WebhookPayload: Encodable {
    struct Entry: Encodable {
        var status: String
        var labels: [String: String]
        var annotations: [String: String]
        var startsAt: String
        var endsAt: String
        var generatorURL = ""
        var fingerprint: String
        /// Not in Alertmanager's payload: receivers ignore it, or show the culprit.
        var evidence: EvidenceJSON?
        /// Not in Alertmanager's payload: why an alert resolved although its condition wasn't found to be false.
        var reason: ResolutionReason?
    }

    var version = "4"
    var groupKey: String
    var truncatedAlerts = 0
    var status: String
    var receiver: String
    var groupLabels: [String: String]
    var commonLabels: [String: String]
    var commonAnnotations: [String: String]
    var externalURL = ""
    var alerts: [Entry]

    /// - Parameter alerts: of one name, by which they are grouped.
    init(_ alerts: [Alert], receiver: String) {
        self.alerts = alerts.map(Entry.init)
        self.receiver = receiver
        let name = alerts.first?.name ?? ""
        groupKey = "{}:{alertname=\(PrintableText.quote(name, limit: .max))}"
        groupLabels = ["alertname": name]
        // A group is firing as long as one of its alerts is.
        status = self.alerts.contains { $0.status == "firing" } ? "firing" : "resolved"
        commonLabels = Self.common(self.alerts.map(\.labels))
        commonAnnotations = Self.common(self.alerts.map(\.annotations))
    }

    /// The entries that all dictionaries have in common.
    private static func common(_ dictionaries: [[String: String]]) -> [String: String] {
        guard let first = dictionaries.first else { return [:] }
        return first.filter { entry in dictionaries.allSatisfy { $0[entry.key] == entry.value } }
    }
}
