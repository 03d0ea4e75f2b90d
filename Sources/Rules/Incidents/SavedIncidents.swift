import Engine
import Support

/// Incidents as saved with the alerts for the next process. Times are in RFC 3339.
struct SavedIncidents: Codable, Hashable, Sendable {
    struct Entry: Codable, Hashable, Sendable {
        var incident: IncidentJSON
        /// The rest is nil once it has closed.
        var closesAt: String?
        var looksFarBack: Bool?
        var usualNanoseconds: [String: Int64]?
        var countedUpTo: String?
        var notified: OpenIncident.Notified?
        /// Of its verdict.
        var explainsQueue: Bool?
        var failures: FailureClause?
        /// Whether all its alerts are about silence.
        var isAboutSilence: Bool?
        /// Of a restart: when the process was heard again.
        var backAt: String?
    }

    /// A firing alert and the incident that it belongs to.
    struct Home: Codable, Hashable, Sendable {
        var fingerprint: String
        var activeAt: String
        var incident: String
    }

    var entries: [Entry]
    var homes: [Home]
    /// nil in the state of earlier versions.
    var processes: [SavedProcess]?

    /// Every time in it.
    var times: [String] {
        homes.map(\.activeAt) + (processes ?? []).flatMap(\.times)
            + entries.flatMap { entry in
                [entry.incident.openedAt, entry.incident.startedAt]
                    + [entry.incident.closedAt, entry.closesAt, entry.countedUpTo, entry.backAt].compactMap(\.self)
                    + entry.incident.alerts.flatMap { [$0.activeAt, $0.firedAt] + [$0.resolvedAt].compactMap(\.self) }
            }
    }
}

extension IncidentTracker {
    /// The incidents for the next process; nil if there are none.
    var saved: SavedIncidents? {
        guard !open.isEmpty || !closed.isEmpty || processes.isAnyQuiet else { return nil }
        let openEntries = open.map { open in
            SavedIncidents.Entry(
                incident: IncidentJSON(open.incident), closesAt: Timestamp.rfc3339(open.closesAt),
                looksFarBack: open.looksFarBack, usualNanoseconds: open.usual,
                countedUpTo: Timestamp.rfc3339(open.countedUpTo), notified: open.notified,
                explainsQueue: open.incident.evidence?.explainsQueue, failures: open.incident.evidence?.failures,
                isAboutSilence: open.isAboutSilence, backAt: open.incident.backAt.map(Timestamp.rfc3339))
        }
        let closedEntries = closed.map {
            SavedIncidents.Entry(incident: IncidentJSON($0), backAt: $0.backAt.map(Timestamp.rfc3339))
        }
        return SavedIncidents(
            entries: closedEntries + openEntries,
            homes: homes.map {
                SavedIncidents.Home(
                    fingerprint: $0.fingerprint, activeAt: Timestamp.rfc3339($0.activeAt), incident: $1)
            }.sorted { ($0.incident, $0.fingerprint, $0.activeAt) < ($1.incident, $1.fingerprint, $1.activeAt) },
            processes: processes.saved)
    }

    /// Continues the incidents of a process that has ended.
    /// - Parameters:
    ///   - savedAt: its last evaluation, in nanoseconds since the epoch.
    ///   - now: what counts as the last evaluation from now on.
    mutating func restore(_ saved: SavedIncidents, savedAt: Int64, now: Int64) {
        for entry in saved.entries {
            guard var incident = Incident(entry.incident, backAt: entry.backAt) else { continue }
            incident.evidence?.explainsQueue = entry.explainsQueue ?? false
            incident.evidence?.failures = entry.failures
            if incident.closedAt != nil {
                closed.append(incident)
            } else {
                let countedUpTo = entry.countedUpTo.flatMap { Timestamp.parse(rfc3339: $0) } ?? savedAt
                open.append(
                    OpenIncident(
                        incident, closesAt: entry.closesAt.flatMap { Timestamp.parse(rfc3339: $0) } ?? savedAt,
                        looksFarBack: entry.looksFarBack ?? false, isAboutSilence: entry.isAboutSilence ?? false,
                        usual: entry.usualNanoseconds ?? [:], countedUpTo: countedUpTo, notified: entry.notified))
            }
        }
        for home in saved.homes {
            guard let activeAt = Timestamp.parse(rfc3339: home.activeAt) else { continue }
            homes[AlertID(fingerprint: home.fingerprint, activeAt: activeAt)] = home.incident
        }
        processes.restore(saved.processes ?? [], unheardFor: now.subtractingSaturating(savedAt))
        jump(from: savedAt, to: now)
    }
}

extension Incident {
    /// nil if the JSON isn't an incident.
    fileprivate init?(_ json: IncidentJSON, backAt: String?) {
        guard let openedAt = Timestamp.parse(rfc3339: json.openedAt),
            let startedAt = Timestamp.parse(rfc3339: json.startedAt)
        else { return nil }
        let culprit = AlertEvidence.Culprit(
            side: json.culprit.side, component: json.culprit.component, instance: json.culprit.instance,
            certainty: json.culprit.certainty, why: json.culprit.why)
        self.init(
            id: json.id, kind: json.kind, cluster: json.cluster ?? "", openedAt: openedAt,
            startedAt: startedAt, backAt: backAt.flatMap { Timestamp.parse(rfc3339: $0) }, severity: json.severity,
            evidence: AlertEvidence(
                EvidenceJSON(culprit: culprit, components: json.components, traces: json.traces)))
        closedAt = json.closedAt.flatMap { Timestamp.parse(rfc3339: $0) }
        requests = json.requests.outcomes
        for row in json.alerts {
            guard let activeAt = Timestamp.parse(rfc3339: row.activeAt),
                let firedAt = Timestamp.parse(rfc3339: row.firedAt)
            else { continue }
            add(
                Member(
                    name: row.alert, labels: row.labels, firedAt: firedAt,
                    resolvedAt: row.resolvedAt.flatMap { Timestamp.parse(rfc3339: $0) },
                    id: AlertID(
                        fingerprint: Alert.fingerprint(name: row.alert, labels: row.labels), activeAt: activeAt)))
        }
    }
}
