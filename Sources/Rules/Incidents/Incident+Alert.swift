import Engine
import Support

/// An incident as a single alert, which is what sinks deliver.
extension Incident {
    static let alertName = "ControlPlaneIncident"

    /// The labels that identify it to receivers. They change only with a notification.
    func labels(as notified: OpenIncident.Notified) -> [String: String] {
        [
            "incident": id, "side": notified.side ?? "unknown", "severity": notified.severity.rawValue,
        ]
    }

    /// - Parameter former: the labels of the last notification; nil for the first.
    func alert(as notified: OpenIncident.Notified, replacing former: [String: String]? = nil) -> Alert {
        let labels = labels(as: notified)
        let notice = IncidentNotice(
            incident: IncidentJSON(self), formerLabels: former.flatMap { $0 == labels ? nil : $0 })
        return Alert(
            name: Self.alertName, labels: labels,
            annotations: ["summary": summary, "verdict": verdict, "affects": affects, "next": advice],
            state: closedAt == nil ? .firing : .resolved, activeAt: startedAt, firedAt: openedAt, resolvedAt: closedAt,
            incident: notice)
    }

    private var verdict: String { evidence?.culprit.text ?? "not clear: there is no evidence" }

    private var summary: String {
        guard let closedAt else { return "control plane incident: \(verdict)" }
        let length = DurationText.format(closedAt.subtractingSaturating(openedAt))
        return "control plane incident over after \(length); it was \(verdict)"
    }

    private var affects: String {
        var names: [String] = []
        for member in members where !names.contains(member.name) { names.append(member.name) }
        let shown = names.prefix(Self.namesShown).joined(separator: ", ")
        let rest = names.count > Self.namesShown ? " and \(names.count - Self.namesShown) more" : ""
        return
            "of \(requests.count) requests since \(Timestamp.rfc3339(startedAt)), \(requests.slow) took longer than 99 % of "
            + "their kind before and \(requests.failed) failed; alerts: \(shown)\(rest)"
    }

    private static let namesShown = 10
}

extension AlertSighting {
    var member: Incident.Member { Incident.Member(name: name, labels: labels, firedAt: firedAt, id: id) }
}
