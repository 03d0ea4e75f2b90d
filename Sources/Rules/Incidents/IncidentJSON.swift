package import Engine
package import Support

/// An incident in outputs: a row of `incidents` in a replay's output and the API, and in notifications. Every field is
/// always present, null if it has no value. Times are in RFC 3339, durations in seconds.
package struct IncidentJSON: Codable, Hashable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case open, closed
    }

    package struct Culprit: Codable, Hashable, Sendable {
        /// null if it isn't clear.
        @OrNull package var side: String?
        @OrNull package var component: String?
        /// null unless the verdict is about one instance of several.
        @OrNull var instance: String?
        package var certainty: Verdict.Certainty
        package var why: String
    }

    package struct AlertRow: Codable, Hashable, Sendable {
        package var alert: String
        package var labels: [String: String]
        package var activeAt: String
        package var firedAt: String
        @OrNull package var resolvedAt: String?

        private enum CodingKeys: String, CodingKey {
            case alert, labels
            case activeAt = "active_at"
            case firedAt = "fired_at"
            case resolvedAt = "resolved_at"
        }
    }

    package var id: String
    var kind: Incident.Kind
    /// nil if its spans don't name one.
    package var cluster: String?
    package var state: State
    package var severity: IncidentSeverity
    package var openedAt: String
    package var startedAt: String
    @OrNull package var closedAt: String?
    package var culprit: Culprit
    package var requests: RequestsJSON
    package var components: [EvidenceJSON.ComponentRow]
    package var alerts: [AlertRow]
    package var traces: [String]
    package var next: String

    private enum CodingKeys: String, CodingKey {
        case id, kind, cluster, state, severity
        case openedAt = "opened_at"
        case startedAt = "started_at"
        case closedAt = "closed_at"
        case culprit, requests, components, alerts, traces, next
    }

    /// Whether enough was seen before it to compare with. Otherwise nothing is known of how slow its requests were.
    package var hasBaseline: Bool { components.isEmpty || components.contains { $0.baselineSeconds != nil } }

    /// How many of its requests failed, and were slow if that is known: `312 slow, 7 failed (get, list)`.
    package var slowAndFailed: String {
        let verbs = requests.affectedVerbs.joined(separator: ", ")
        return hasBaseline
            ? "\(countText(requests.slow)) slow, \(countText(requests.failed)) failed\(verbs.isEmpty ? "" : " (\(verbs))")"
            : "\(countText(requests.failed)) failed (no baseline yet to compare with)"
    }

    /// The verdict as one sentence.
    package var verdict: String {
        AlertEvidence.Culprit(
            side: culprit.side, component: culprit.component, instance: culprit.instance,
            certainty: culprit.certainty, why: culprit.why
        ).text
    }

    package init(_ incident: Incident) {
        id = incident.id
        kind = incident.kind
        cluster = incident.cluster.isEmpty ? nil : incident.cluster
        state = incident.closedAt == nil ? .open : .closed
        severity = incident.severity
        openedAt = Timestamp.rfc3339(incident.openedAt)
        startedAt = Timestamp.rfc3339(incident.startedAt)
        closedAt = incident.closedAt.map(Timestamp.rfc3339)
        let evidence = incident.evidence.map { EvidenceJSON($0) }
        culprit = Culprit(
            side: evidence?.culprit.side, component: evidence?.culprit.component,
            instance: evidence?.culprit.instance, certainty: incident.certainty,
            why: evidence?.culprit.why ?? "there is no evidence")
        requests = RequestsJSON(incident.requests)
        components = evidence?.components ?? []
        alerts = incident.members.map {
            AlertRow(
                alert: $0.name, labels: $0.labels, activeAt: Timestamp.rfc3339($0.id.activeAt),
                firedAt: Timestamp.rfc3339($0.firedAt), resolvedAt: $0.resolvedAt.map(Timestamp.rfc3339))
        }
        traces = evidence?.traces ?? []
        next = incident.advice
    }
}

/// What an alert that notifies of an incident carries.
package struct IncidentNotice: Codable, Hashable, Sendable {
    package var incident: IncidentJSON
    /// The labels of the last notification, if this one has others: receivers identify it by its labels.
    package var formerLabels: [String: String]?

    private enum CodingKeys: String, CodingKey {
        case incident
        case formerLabels = "former_labels"
    }
}
