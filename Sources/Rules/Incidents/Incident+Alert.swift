import Engine
import Support

/// An incident as a single alert, which is what sinks deliver.
extension Incident {
    static let alertName = "ControlPlaneIncident"

    /// The labels that identify it to receivers. They change only with a notification.
    func labels(as notified: OpenIncident.Notified) -> [String: String] {
        var labels = [
            "incident": id, "side": notified.side ?? "unknown", "severity": notified.severity.rawValue,
        ]
        if !cluster.isEmpty { labels["cluster"] = cluster }
        return labels
    }

    /// - Parameters:
    ///   - former: what the last notification said; nil for the first. - now: the outcomes of the last half minute's
    ///     requests, once it has closed.
    func alert(
        as notified: OpenIncident.Notified, replacing former: OpenIncident.Notified? = nil, now: RequestOutcomes? = nil
    ) -> Alert {
        let labels = labels(as: notified)
        let notice = IncidentNotice(
            incident: IncidentJSON(self),
            formerLabels: former.map { self.labels(as: $0) }.flatMap { $0 == labels ? nil : $0 })
        return Alert(
            name: Self.alertName, labels: labels,
            annotations: [
                "summary": summary(isSurer: former != nil, now), "verdict": verdict, "affects": affects, "next": advice,
            ],
            state: closedAt == nil ? .firing : .resolved, activeAt: startedAt, firedAt: openedAt, resolvedAt: closedAt,
            incident: notice)
    }

    private var verdict: String { evidence?.culprit.text ?? "not clear: there is no evidence" }

    private func summary(isSurer: Bool, _ now: RequestOutcomes?) -> String {
        let place = cluster.isEmpty ? "" : " in \(PrintableText.escape(cluster))"
        let name = kind == .restart ? "restart" : "control plane incident"
        guard let closedAt else {
            if isSurer, kind == .restart { return "control plane incident\(place) was a restart: \(verdict)" }
            return isSurer
                ? "\(name)\(place), whose cause is clear now: \(verdict)" : "\(name)\(place): \(verdict)"
        }
        if kind == .restart { return "\(name)\(place) over: \(verdict)" }
        let length = stretchText(closedAt.subtractingSaturating(startedAt))
        return "\(name)\(place) over after \(length); \(Self.state(now)); it was \(verdict)"
    }

    /// How it is now that it is over.
    private static func state(_ now: RequestOutcomes?) -> String {
        guard let now, now.count > 0 else { return "no requests end now" }
        return
            "in the last half minute \(countText(now.failed)) of \(countText(now.count)) requests failed and "
            + "\(countText(now.slow)) took longer than "
            + "99 % of their kind before"
    }

    private var affects: String {
        let slow = "\(countText(requests.slow)) took longer than 99 % of their kind before and "
        let outcomes =
            "of \(countText(requests.count)) requests since \(Timestamp.rfc3339(startedAt)), "
            + (IncidentJSON(self).hasBaseline
                ? "\(slow)\(countText(requests.failed)) failed"
                : "\(countText(requests.failed)) failed (no baseline yet to compare with)")
        guard !members.isEmpty else { return outcomes }
        var names: [String] = []
        for member in members where !names.contains(member.name) { names.append(member.name) }
        let shown = names.prefix(Self.namesShown).joined(separator: ", ")
        let rest = names.count > Self.namesShown ? " and \(names.count - Self.namesShown) more" : ""
        return "\(outcomes); alerts: \(shown)\(rest)"
    }

    private static let namesShown = 10
}

extension AlertSighting {
    var member: Incident.Member { Incident.Member(name: name, labels: labels, firedAt: firedAt, id: id) }
}
