import Engine
import Support

/// Restarts, and the alerts and silences that turn out to be theirs. Times are in nanoseconds since the epoch.
extension IncidentTracker {
    /// What waits for a process that is away for longer may be another fault.
    private static let briefMax: Int64 = 10_000_000_000
    /// What waited for it ends within a slot of its return.
    private static let margin: Int64 = Window.slotWidth

    /// Whether all that an incident found is that a process was away: for a moment, or silent for as long as the incident was
    /// about nothing else.
    ///
    /// - Parameter isSilent: whether something of the cluster is still silent.
    func isRestart(
        _ open: OpenIncident, _ event: ProcessEvent, isSilent: Bool, _ sightings: [AlertSighting],
        _ context: some IncidentContext
    ) -> Bool {
        let incident = open.incident
        guard let until = event.until, !isSilent, incident.openedAt > event.since,
            incident.certainty != .clear || incident.side == event.side?.rawValue
        else { return false }
        let isExplained: Bool
        switch incident.kind {
        case .fault:
            // One of several doesn't explain why none was heard.
            isExplained =
                until.subtractingSaturating(event.since) <= Self.briefMax
                || open.isAboutSilence && event.instance == nil
        case .silence: isExplained = Self.explains(event, until: until, silence: incident)
        case .restart: isExplained = false
        }
        return isExplained
            && sightings.filter { homes[$0.id] == incident.id && $0.holds }
                .allSatisfy { context.isAftermath($0, of: [Self.time(ofRestart: event.since, until: until)]) }
    }

    /// Whether the process that restarted is the one that an incident found silent.
    private static func explains(_ event: ProcessEvent, until: Int64, silence: Incident) -> Bool {
        guard until >= silence.openedAt, [nil, event.side?.rawValue].contains(silence.side),
            until.subtractingSaturating(event.since) >= ProcessWatch.silenceMin
        else { return false }
        guard let instance = silence.evidence?.culprit.instance else { return event.instance == nil }
        // Another instance may have taken its place.
        return event.instance == instance || event.since == silence.startedAt
    }

    /// Whether an alert found nothing but a restart that is on record.
    func isConsequence(
        _ sighting: AlertSighting, ofRestart incident: Incident, _ context: some IncidentContext
    ) -> Bool {
        incident.kind == .restart && incident.cluster == sighting.cluster
            && context.isAftermath(
                sighting,
                of: [Self.time(ofRestart: incident.startedAt, until: incident.backAt ?? incident.startedAt)])
    }

    /// Whether an alert that came with a restart finds more than that.
    func outlasts(_ sighting: AlertSighting, restart incident: Incident, _ context: some IncidentContext) -> Bool {
        incident.kind == .restart && sighting.holds && !isConsequence(sighting, ofRestart: incident, context)
    }

    /// The time that a restart may have touched, in whole slots. What waits for a process is more than the record of its
    /// restart, unless it was away for so long that incidents tell of that.
    private static func time(ofRestart since: Int64, until: Int64) -> Range<Int64> {
        let first = since - since % Window.slotWidth
        let wasSilent = until.subtractingSaturating(since) >= ProcessWatch.silenceMin
        let end = wasSilent ? until - until % Window.slotWidth : first.addingSaturating(briefMax)
        return first.subtractingSaturating(margin)..<end.addingSaturating(2 * margin)
    }
}
