import Report
import Rules
import Support

/// The incidents of a report as text for people, each with its evidence and its alerts.
struct IncidentText {
    let style: TextStyle
    /// All alerts of the report.
    let alerts: [AlertJSON]
    /// Whether an incident's cluster must be said.
    let hasClusters: Bool
    /// Ids of those that were open when the daemon stopped.
    let stopped: Set<String>

    func text(_ incidents: [IncidentJSON]) -> String {
        guard !incidents.isEmpty else { return style.heading("Incidents") + "\nnone\n" }
        return style.heading("Incidents") + "\n" + incidents.map(text).joined()
    }

    private func text(_ incident: IncidentJSON) -> String {
        let end =
            incident.closedAt.map { "closed \($0)" }
            ?? (stopped.contains(incident.id) ? "still open when the daemon stopped" : "still open at the end")
        let evidence = EvidenceText(style: style)
        let named = incident.cluster.map { "cluster \($0): " } ?? "spans without k8s.cluster.name: "
        let cluster = hasClusters ? named : ""
        return style.alarmingProse(PrintableText.escape(cluster + incident.verdict))
            + style.prose(
                "since \(incident.startedAt), opened \(incident.openedAt), \(end); \(incident.severity.rawValue)",
                indent: 4)
            + style.prose(Self.affected(incident), indent: 4)
            + evidence.components(incident.components, culprit: incident.culprit.component)
            + evidence.traces(incident.traces)
            + style.prose("next: \(PrintableText.escape(incident.next))", indent: 4, hanging: 2)
            + incident.alerts.map(line).joined()
    }

    private static func affected(_ incident: IncidentJSON) -> String {
        let requests = incident.requests
        guard requests.count > 0 else { return "no requests ended meanwhile" }
        let failed = "\(countText(requests.failed)) failed"
        guard incident.hasBaseline else {
            return "\(countText(requests.count, "request")), of which \(failed) (no baseline yet to compare with)"
        }
        let verbs = requests.affectedVerbs.joined(separator: ", ")
        return "\(countText(requests.count, "request")), of which \(countText(requests.slow)) took longer than 99 % of "
            + "their kind before and \(failed)\(verbs.isEmpty ? "" : "; affected: \(verbs)")"
    }

    /// An alert, when it fired, and what it says. The verdict is the incident's.
    private func line(_ row: IncidentJSON.AlertRow) -> String {
        let alert = alerts.first { $0.alert == row.alert && $0.labels == row.labels && $0.activeAt == row.activeAt }
        let end = row.resolvedAt.map { ", resolved \($0)" } ?? ""
        let summary = alert?.annotations["summary"].map { ": \(PrintableText.escape($0))" } ?? ""
        return style.prose(AlertText.name(row.alert, row.labels), indent: 4, hanging: 4)
            + style.prose("fired \(row.firedAt)\(end)\(summary)", indent: 8)
    }
}

/// Alerts as text for people.
struct AlertText {
    let style: TextStyle
    /// Those that fired when the daemon stopped.
    let stopped: Set<AlertJSON>

    /// - Parameter alerts: those that belong to no incident.
    func text(_ alerts: [AlertJSON], besideIncidents: Bool) -> String {
        let heading = style.heading(besideIncidents ? "Other alerts" : "Alerts") + "\n"
        guard !alerts.isEmpty else { return heading + "none fired\n" }
        return heading + alerts.map(text).joined()
    }

    private func text(_ alert: AlertJSON) -> String {
        let end =
            alert.resolvedAt.map { "resolved \($0)" }
            ?? (stopped.contains(alert) ? "still firing when the daemon stopped" : "still firing at the end")
        var text = style.alarmingProse(Self.name(alert.alert, alert.labels))
        text += style.prose("active \(alert.activeAt), fired \(alert.firedAt ?? "never"), \(end)", indent: 4)
        if let summary = alert.annotations["summary"] { text += style.prose(PrintableText.escape(summary), indent: 4) }
        guard let found = alert.evidence else { return text }
        let evidence = EvidenceText(style: style)
        return text
            + style.prose("culprit: \(PrintableText.escape(found.culprit.text))", indent: 4, hanging: 2)
            + evidence.components(found.components, culprit: found.culprit.component) + evidence.traces(found.traces)
    }

    static func name(_ alert: String, _ labels: [String: String]) -> String {
        let labels = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return PrintableText.escape(([alert] + labels).joined(separator: " "))
    }
}

/// Evidence as text for people.
struct EvidenceText {
    let style: TextStyle

    /// - Parameter culprit: the component that is shown whether it grew or not.
    func components(_ rows: [EvidenceJSON.ComponentRow], culprit: String?) -> String {
        let others = rows.filter { $0.component != culprit }.prefix(3).filter { $0.seconds > $0.baselineSeconds ?? 0 }
        let grown = (rows.filter { $0.component == culprit } + others).prefix(3).map {
            let before = $0.baselineSeconds.map { "before: \(durationText(seconds: $0))" } ?? "no baseline yet"
            return "\($0.component) \(durationText(seconds: $0.seconds)) (\(before))"
        }
        guard !grown.isEmpty else { return "" }
        return style.prose(
            "of the mean request when the verdict was given: \(PrintableText.escape(grown.joined(separator: ", ")))",
            indent: 4, hanging: 2)
    }

    func traces(_ traces: [String]) -> String {
        traces.isEmpty
            ? "" : style.prose("worst traces: \(traces.joined(separator: " "))", indent: 4, hanging: 2)
    }
}
