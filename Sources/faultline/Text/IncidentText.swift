import Report
import Rules
import Support

/// The incidents of a report as text for people, each with its alerts.
struct IncidentText {
    let style: TextStyle
    /// All alerts of the report.
    let alerts: [AlertJSON]

    func text(_ incidents: [IncidentJSON]) -> String {
        guard !incidents.isEmpty else { return style.heading("Incidents") + "\nnone\n" }
        return style.heading("Incidents") + "\n" + incidents.map(text).joined()
    }

    private func text(_ incident: IncidentJSON) -> String {
        var text = style.alarm(PrintableText.escape(incident.verdict)) + "\n"
        text +=
            "    opened \(incident.openedAt), " + (incident.closedAt.map { "closed \($0)" } ?? "still open at the end")
        text += "; \(incident.severity.rawValue)\n"
        let requests = incident.requests
        text +=
            "    \(requests.count) requests, of which \(requests.slow) took longer than 99 % of their kind before and "
        text += "\(requests.failed) failed\n"
        text += EvidenceText.components(incident.components) + EvidenceText.traces(incident.traces)
        text += "    next: \(incident.next)\n"
        for row in incident.alerts { text += line(row) }
        return text
    }

    private func line(_ row: IncidentJSON.AlertRow) -> String {
        let end = row.resolvedAt.map { "resolved \($0)" } ?? "still firing at the end"
        var text = "    \(AlertText.name(row.alert, row.labels))\n"
        text += "        active \(row.activeAt), fired \(row.firedAt), \(end)\n"
        let alert = alerts.first { $0.alert == row.alert && $0.labels == row.labels && $0.activeAt == row.activeAt }
        if let summary = alert?.annotations["summary"] { text += "        \(PrintableText.escape(summary))\n" }
        return text
    }
}

/// Alerts as text for people.
struct AlertText {
    let style: TextStyle

    /// - Parameter alerts: those that belong to no incident.
    func text(_ alerts: [AlertJSON], besideIncidents: Bool) -> String {
        let heading = style.heading(besideIncidents ? "Other alerts" : "Alerts") + "\n"
        guard !alerts.isEmpty else { return heading + "none fired\n" }
        return heading + alerts.map(text).joined()
    }

    private func text(_ alert: AlertJSON) -> String {
        var text = style.alarm(Self.name(alert.alert, alert.labels)) + "\n"
        text += "    active \(alert.activeAt), fired \(alert.firedAt ?? "never"), "
        text += (alert.resolvedAt.map { "resolved \($0)" } ?? "still firing at the end") + "\n"
        if let summary = alert.annotations["summary"] { text += "    \(PrintableText.escape(summary))\n" }
        guard let evidence = alert.evidence else { return text }
        return text + "    culprit: \(PrintableText.escape(evidence.culprit.text))\n"
            + EvidenceText.components(evidence.components) + EvidenceText.traces(evidence.traces)
    }

    static func name(_ alert: String, _ labels: [String: String]) -> String {
        let labels = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return PrintableText.escape(([labels.isEmpty ? alert : alert + " "] + labels).joined(separator: " "))
    }
}

/// Evidence as text for people.
enum EvidenceText {
    static func components(_ rows: [EvidenceJSON.ComponentRow]) -> String {
        let grown = rows.prefix(3).filter { $0.seconds > $0.baselineSeconds ?? 0 }.map {
            let before = $0.baselineSeconds.map { "before: \(durationText(seconds: $0))" } ?? "no baseline yet"
            return "\($0.component) \(durationText(seconds: $0.seconds)) (\(before))"
        }
        return grown.isEmpty ? "" : "    of the mean request: \(PrintableText.escape(grown.joined(separator: ", ")))\n"
    }

    static func traces(_ traces: [String]) -> String {
        traces.isEmpty ? "" : "    worst traces: \(traces.joined(separator: " "))\n"
    }
}
