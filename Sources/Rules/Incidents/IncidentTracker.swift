import Engine
import Support

/// Gathers alerts into incidents: one fault, one incident. A value without I/O or a clock, fed by evaluations, so that a
/// daemon and a replay of what it recorded find the same incidents. Times are in nanoseconds since the epoch.
package struct IncidentTracker: Hashable, Sendable {
    /// How many closed incidents are kept.
    static let closedMax = 1_000

    // Not private, since IncidentTracker+Saved.swift uses them.
    var open: [OpenIncident] = []
    /// In the order in which they closed.
    var closed: [Incident] = []
    /// The incident of each firing alert, by id.
    var homes: [AlertID: String] = [:]
    private var last: Int64?
    /// How many have opened since the start.
    package private(set) var openedCount = 0
    /// What sinks are to be notified of after the last evaluation.
    package private(set) var notices: [AlertTransition] = []

    /// All that are known: closed ones in the order in which they closed, then open ones in the order in which they opened.
    package var incidents: [Incident] { closed + open.map(\.incident) }

    /// The open ones that sinks have been notified of, as they are now.
    package var firingAlerts: [Alert] { open.compactMap(\.firingAlert) }

    /// Whether sinks haven't been notified of an open incident yet: then evaluations matter even if no spans arrive.
    package var awaitsNotification: Bool { open.contains { $0.notified == nil } }

    /// When the alert that opened the first of the open ones became active; nil if there is none.
    var activeSince: Int64? { open.compactMap(\.incident.members.first?.id.activeAt).min() }

    // MARK: Evaluations

    /// Takes in an evaluation.
    /// - Parameters:
    ///   - sightings: every firing alert of the rules that were evaluated.
    ///   - resolved: the alerts that resolved.
    mutating func observe(_ sightings: [AlertSighting], resolved: [AlertID], in context: some IncidentContext) {
        notices = []
        guard !sightings.isEmpty || !open.isEmpty || !resolved.isEmpty else {
            last = context.time
            return
        }
        waitWhileNothingIsHeard(sightings, context)
        for sighting in sightings.sorted(by: AlertSighting.comesFirst) { take(sighting, context) }
        resolve(resolved, at: context.time)
        for index in open.indices {
            open[index].count(in: context)
            notify(open[index].notice(in: context), at: context.time)
        }
        close(at: context.time)
    }

    private mutating func notify(_ alert: Alert?, at time: Int64) {
        if let alert { notices.append(AlertTransition(time: time, alert: alert)) }
    }

    /// While nothing arrives, nobody knows whether the fault lasts: that time doesn't count.
    private mutating func waitWhileNothingIsHeard(_ sightings: [AlertSighting], _ context: some IncidentContext) {
        defer { last = context.time }
        guard let last, !open.isEmpty, !sightings.contains(where: \.holds), !context.isHeard(since: last) else {
            return
        }
        delayClosing(by: context.time.subtractingSaturating(last))
    }

    private mutating func delayClosing(by step: Int64) {
        for index in open.indices { open[index].delayClosing(by: step) }
    }

    private mutating func close(at time: Int64) {
        for var ended in open where ended.closesAt <= time {
            notify(ended.close(at: time), at: time)
            closed.append(ended.incident)
        }
        open.removeAll { $0.closesAt <= time }
        if closed.count > Self.closedMax { closed.removeFirst(closed.count - Self.closedMax) }
    }

    private mutating func resolve(_ alerts: [AlertID], at time: Int64) {
        for alert in alerts {
            guard let home = homes.removeValue(forKey: alert) else { continue }
            if let index = open.firstIndex(where: { $0.incident.id == home }) {
                open[index].incident.resolve(alert, at: time)
            } else if let index = closed.lastIndex(where: { $0.id == home }) {
                closed[index].resolve(alert, at: time)
            }
        }
    }

    /// Notes that alerts have ended because their rules are no longer in force.
    mutating func end(_ alerts: [Alert]) {
        if let last { resolve(alerts.map { AlertID($0) }, at: last) }
    }

    /// Goes on at another time, after an outage or when the clock was set.
    mutating func jump(from last: Int64, to time: Int64) {
        delayClosing(by: time.subtractingSaturating(last))
        self.last = time
    }

    // MARK: Alerts

    private mutating func take(_ sighting: AlertSighting, _ context: some IncidentContext) {
        if let home = homes[sighting.id], let index = open.firstIndex(where: { $0.incident.id == home }) {
            open[index].holdOpen(by: sighting, in: context)
            if open[index].isAboutAnother(sighting) {
                open[index].incident.remove(sighting.id)
                place(sighting, context)
            } else {
                open[index].consider(sighting.evidence)
            }
        } else if sighting.holds, homes[sighting.id] == nil || isDueAgain(sighting, at: context.time) {
            place(sighting, context)
        }
    }

    /// Whether an alert that fires on after its incident has closed is looked at again. Windows beyond a minute take long to
    /// measure, and change slowly.
    private func isDueAgain(_ sighting: AlertSighting, at time: Int64) -> Bool {
        !sighting.looksFarBack || time.isMultiple(of: Rule.incidentWindow)
    }

    /// Gives an alert to the incident that it belongs to, or opens one.
    private mutating func place(_ sighting: AlertSighting, _ context: some IncidentContext) {
        if let index = host(of: sighting) {
            open[index].join(sighting, in: context)
            homes[sighting.id] = open[index].incident.id
        } else if open.isEmpty, let before = closed.last, isAftermath(sighting, context) {
            closed[closed.count - 1].add(sighting.member)
            homes[sighting.id] = before.id
        } else {
            begin(sighting, context)
        }
    }

    /// The open incident that an alert joins: that of its side. A clear verdict decides an incident whose own isn't clear,
    /// but one that contradicts another clear verdict is about another fault.
    private func host(of sighting: AlertSighting) -> Int? {
        if let verdict = sighting.evidence?.culprit, let side = verdict.side {
            if let same = open.firstIndex(where: { $0.incident.side == side }) { return same }
            if verdict.certainty == .clear { return open.firstIndex { $0.incident.certainty != .clear } }
        }
        return open.indices.last
    }

    private func isAftermath(_ sighting: AlertSighting, _ context: some IncidentContext) -> Bool {
        let times = closed.compactMap { incident in
            incident.closedAt.map { min(incident.startedAt, $0)..<$0 }
        }
        return context.isAftermath(sighting, of: times)
    }

    private mutating func begin(_ sighting: AlertSighting, _ context: some IncidentContext) {
        let stem = Timestamp.rfc3339(context.time)
        let others = open.count { $0.incident.openedAt == context.time }
        let id = others == 0 ? stem : "\(stem)-\(others + 1)"
        var begun = OpenIncident(id: id, sighting, at: context.time)
        let from = max(
            begun.incident.startedAt.subtractingSaturating(Self.baseline), closed.last?.closedAt ?? .min)
        begun.usual = context.usualDurations(from: from, to: begun.incident.startedAt)
        open.append(begun)
        openedCount += 1
        homes[sighting.id] = id
    }

    /// How far back durations count as usual.
    private static let baseline: Int64 = 600_000_000_000
}
