import Engine
import Support

/// Restarts that are over within seconds, and the alerts that they raise. Times are in nanoseconds since the epoch.
extension IncidentTracker {
    /// What waits for a process that is away for longer is more than the record of a restart.
    private static let restartMax: Int64 = 10_000_000_000
    /// What waited for it ends within a slot of its return.
    private static let margin: Int64 = Window.slotWidth

    /// Whether all that the alerts of an incident found is that a process was away for a moment.
    func isRestart(
        _ incident: Incident, _ event: ProcessEvent, _ sightings: [AlertSighting], _ context: some IncidentContext
    ) -> Bool {
        guard let until = event.until, until.subtractingSaturating(event.since) <= Self.restartMax,
            incident.kind == .fault, incident.certainty != .clear || incident.side == event.side?.rawValue
        else { return false }
        return incident.openedAt > event.since
            && sightings.filter { homes[$0.id] == incident.id && $0.holds }
                .allSatisfy { context.isAftermath($0, of: [Self.time(ofRestart: event.since)]) }
    }

    /// Whether an alert found nothing but a restart that is on record.
    func isConsequence(
        _ sighting: AlertSighting, ofRestart incident: Incident, _ context: some IncidentContext
    ) -> Bool {
        incident.kind == .restart && incident.cluster == sighting.cluster
            && context.isAftermath(sighting, of: [Self.time(ofRestart: incident.startedAt)])
    }

    /// Whether an alert that came with a restart finds more than that.
    func outlasts(_ sighting: AlertSighting, restart incident: Incident, _ context: some IncidentContext) -> Bool {
        incident.kind == .restart && sighting.holds && !isConsequence(sighting, ofRestart: incident, context)
    }

    /// The time that a restart may have touched, in whole slots.
    private static func time(ofRestart since: Int64) -> Range<Int64> {
        let first = since - since % Window.slotWidth
        let length = restartMax.addingSaturating(2 * margin)
        return first.subtractingSaturating(margin)..<first.addingSaturating(length)
    }
}
