import Engine
import Support

/// Groups alerts into incidents: one fault, one incident. A value without I/O or a clock, fed by evaluations, so that a
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
    var processes = ProcessWatch()
    /// How many closed ones are no longer kept.
    package private(set) var droppedCount = 0
    /// How many have opened since the start.
    package private(set) var openedCount = 0
    /// What sinks are to be notified of after the last evaluation.
    package private(set) var notices: [AlertTransition] = []

    /// All that are known: closed ones in the order in which they closed, then open ones in the order in which they opened.
    package var incidents: [Incident] { closed + open.map(\.incident) }

    /// The open ones that sinks have been notified of, as they are now.
    package var firingAlerts: [Alert] { open.compactMap(\.firingAlert) }

    /// Whether sinks haven't been notified of an open incident yet: then evaluations matter even if no spans arrive.
    var awaitsNotification: Bool { open.contains { $0.notified == nil } }

    /// Whether evaluations matter even if no spans arrive.
    package var awaitsTime: Bool { awaitsNotification || processes.awaitsSpans }

    /// When the alert that opened the first of a cluster's open ones became active; nil if there is none.
    func activeSince(in cluster: String) -> Int64? {
        open.filter { $0.incident.cluster == cluster }.compactMap { open in
            open.incident.members.first?.id.activeAt
                ?? (open.incident.hasAftermath ? open.incident.startedAt : nil)
        }.min()
    }

    // MARK: Evaluations

    /// Applies an evaluation.
    /// - Parameters:
    ///   - sightings: every firing alert of the rules that were evaluated.
    ///   - resolved: the alerts that resolved.
    mutating func observe(_ sightings: [AlertSighting], resolved: [AlertID], in context: some IncidentContext) {
        notices = []
        processes.skip(to: context.horizon, at: context.time)
        let read = processes.unread(at: context.time)
        let events = processes.observe(
            context.activity(read, sourcesMax: ProcessWatch.sourcesMax), at: context.time)
        guard !sightings.isEmpty || !open.isEmpty || !resolved.isEmpty || !events.isEmpty else {
            last = context.time
            return
        }
        waitWhileNothingIsHeard(sightings, context)
        closeThoseOfRemoved(at: context.time)
        for sighting in sightings.sorted(by: AlertSighting.comesFirst) { take(sighting, context) }
        let silent = Set(events.filter { $0.kind == .silent }.map(\.cluster))
        for event in events { take(event, isSilent: silent.contains(event.cluster), sightings, context) }
        holdOpenBySilentEtcd(at: context.time)
        resolve(resolved, at: context.time)
        for index in open.indices {
            open[index].count(in: context)
            let isAnyAway = processes.isAnyAway(in: open[index].incident.cluster, at: context.time)
            notify(open[index].notice(isAnyAway: isAnyAway, in: context), at: context.time)
        }
        close(in: context)
    }

    private mutating func notify(_ alert: Alert?, at time: Int64) {
        if let alert { notices.append(AlertTransition(time: time, alert: alert)) }
    }

    /// While nothing arrives from a cluster, it is unknown whether its fault lasts: that time doesn't count.
    private mutating func waitWhileNothingIsHeard(_ sightings: [AlertSighting], _ context: some IncidentContext) {
        defer { last = context.time }
        guard let last else { return }
        let holding = Set(sightings.filter(\.holds).map(\.cluster))
        let mute = Set(open.map(\.incident.cluster)).subtracting(holding)
            .filter { !context.isHeard($0, since: last) }
        for index in open.indices where waits(open[index].incident, mute, at: context.time) {
            open[index].delayClosing(by: context.time.subtractingSaturating(last))
        }
    }

    /// Whether the time since the last evaluation doesn't count towards closing an incident.
    /// - Parameter mute: the clusters of which nothing has come since.
    private func waits(_ incident: Incident, _ mute: Set<String>, at time: Int64) -> Bool {
        let isMute = mute.contains(incident.cluster)
        guard processes.doesTimePass(in: incident.cluster, at: time) else { return isMute }
        switch incident.kind {
        case .fault: return isMute
        // What is silent again for long enough is another event.
        case .restart: return false
        case .silence:
            // Whoever was back and isn't heard again may be silent before long. Those that nobody knows never came back.
            let isBack = processes.lastHeard(incident.cluster).map { $0 > incident.openedAt } ?? false
            return isBack ? processes.isInDoubt(incident.cluster, at: time) : isMute
        }
    }

    /// Whatever a cluster's fault was, it is over once all its processes count as removed.
    private mutating func closeThoseOfRemoved(at time: Int64) {
        for index in open.indices where processes.removedClusters.contains(open[index].incident.cluster) {
            open[index].closeNow(at: time)
        }
    }

    private mutating func close(in context: some IncidentContext) {
        let time = context.time
        for var ended in open where ended.closesAt <= time {
            notify(ended.close(in: context), at: time)
            closed.append(ended.incident)
        }
        open.removeAll { $0.closesAt <= time }
        guard closed.count > Self.closedMax else { return }
        droppedCount += closed.count - Self.closedMax
        closed.removeFirst(closed.count - Self.closedMax)
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

    /// Continues at another time, after an outage or when the clock was set.
    mutating func jump(from last: Int64, to time: Int64) {
        for index in open.indices { open[index].delayClosing(by: time.subtractingSaturating(last)) }
        processes.jump(from: last, to: time)
        self.last = time
    }

    // MARK: Alerts

    private mutating func take(_ sighting: AlertSighting, _ context: some IncidentContext) {
        if let home = homes[sighting.id], let index = open.firstIndex(where: { $0.incident.id == home }) {
            open[index].holdOpen(by: sighting, in: context)
            if open[index].isAboutAnother(sighting) || outlasts(sighting, restart: open[index].incident, context) {
                open[index].incident.remove(sighting.id)
                place(sighting, context)
            } else {
                open[index].consider(sighting.evidence)
            }
        } else if sighting.holds, homes[sighting.id] == nil || isDueAgain(sighting, at: context.time) {
            place(sighting, context)
        }
    }

    /// Whether an alert that keeps firing after its incident has closed is examined again. Windows beyond a minute take
    /// long to measure and change slowly.
    private func isDueAgain(_ sighting: AlertSighting, at time: Int64) -> Bool {
        !sighting.looksFarBack || time.isMultiple(of: Rule.incidentWindow)
    }

    /// Gives an alert to the incident that it belongs to, or opens one.
    private mutating func place(_ sighting: AlertSighting, _ context: some IncidentContext) {
        if let index = host(of: sighting) {
            open[index].join(sighting, in: context)
            homes[sighting.id] = open[index].incident.id
        } else if !hosts(in: sighting.cluster).isEmpty {
            begin(sighting, context)
        } else if let restart = open.firstIndex(where: { isConsequence(sighting, ofRestart: $0.incident, context) }) {
            open[restart].incident.add(sighting.member)
            homes[sighting.id] = open[restart].incident.id
        } else if let before = lastFault(in: sighting.cluster), isAftermath(sighting, context) {
            closed[before].add(sighting.member)
            homes[sighting.id] = closed[before].id
        } else {
            begin(sighting, context)
        }
    }

    /// The open incident that an alert joins: that of the queue that it explains or is, or of its side. A clear verdict
    /// decides an incident whose own isn't clear,
    /// but one that contradicts another clear verdict, or is about what got slow after others failed, is about another fault.
    private func host(of sighting: AlertSighting) -> Int? {
        let hosts = hosts(in: sighting.cluster)
        if let evidence = sighting.evidence, let related = hosts.first(where: { open[$0].isRelated(to: evidence) }) {
            return related
        }
        if let verdict = sighting.evidence?.culprit, let side = verdict.side {
            if let same = hosts.first(where: { open[$0].incident.side == side }) { return same }
            if verdict.certainty == .clear { return hosts.first { isDecided(open[$0], by: sighting) } }
        }
        return hosts.last
    }

    /// Whether a clear verdict is the missing one on an incident.
    private func isDecided(_ open: OpenIncident, by sighting: AlertSighting) -> Bool {
        open.incident.certainty != .clear && sighting.evidence.map { !open.isAboutFailures(before: $0) } ?? true
    }

    /// The open incidents of a cluster that alerts may join. Not a restart: only alerts that find nothing else join it.
    private func hosts(in cluster: String) -> [Int] {
        open.indices.filter { open[$0].incident.kind != .restart && open[$0].incident.cluster == cluster }
    }

    private func lastFault(in cluster: String) -> Int? {
        closed.lastIndex { $0.hasAftermath && $0.cluster == cluster }
    }

    /// When the past faults of a cluster began and ended.
    func pastFaults(in cluster: String) -> [Range<Int64>] {
        closed.filter { $0.hasAftermath && $0.cluster == cluster }.compactMap { incident in
            incident.closedAt.map { min(incident.startedAt, $0)..<$0 }
        }
    }

    private func isAftermath(_ sighting: AlertSighting, _ context: some IncidentContext) -> Bool {
        context.isAftermath(sighting, of: pastFaults(in: sighting.cluster))
    }

    private mutating func begin(_ sighting: AlertSighting, _ context: some IncidentContext) {
        let id = newID(in: sighting.cluster, at: context.time)
        begin(OpenIncident(id: id, sighting, at: context.time), context)
        homes[sighting.id] = id
    }

    private mutating func begin(_ incident: OpenIncident, _ context: some IncidentContext) {
        var begun = incident
        let before = closed.last { $0.cluster == begun.incident.cluster }?.closedAt ?? .min
        let from = max(begun.incident.startedAt.subtractingSaturating(Self.baseline), before)
        begun.usual = context.usualDurations(from: from, to: begun.incident.startedAt)
        open.append(begun)
        openedCount += 1
    }

    private func newID(in cluster: String, at time: Int64) -> String {
        let stem = Timestamp.rfc3339(time) + (cluster.isEmpty ? "" : "-\(cluster)")
        let others = open.count { $0.incident.openedAt == time && $0.incident.cluster == cluster }
        return others == 0 ? stem : "\(stem)-\(others + 1)"
    }

    // MARK: Processes

    /// A restart or silence of a process has an incident of its own, unless an open one covers it.
    private mutating func take(
        _ event: ProcessEvent, isSilent: Bool, _ sightings: [AlertSighting], _ context: some IncidentContext
    ) {
        let hosts = hosts(in: event.cluster)
        switch event.kind {
        case .restarted:
            if let found = hosts.first(where: { isRestart(open[$0], event, isSilent: isSilent, sightings, context) }) {
                open[found].become(restartOf: event, at: context.time)
            } else if hosts.isEmpty, !wasFault(event) {
                begin(OpenIncident(id: newID(in: event.cluster, at: context.time), event, at: context.time), context)
            }
        case .silent:
            let silences = hosts.filter { open[$0].incident.kind == .silence || open[$0].isAboutSilence }
            for index in silences { open[index].holdOpenBySilence(at: context.time) }
            if let covering = host(of: event, among: hosts, silences) {
                open[covering].go(onWith: event)
                open[covering].holdOpenBySilence(at: context.time)
            } else {
                begin(OpenIncident(id: newID(in: event.cluster, at: context.time), event, at: context.time), context)
            }
        }
    }

    /// No silence of etcd alone opens an incident, but alerts do.
    private mutating func holdOpenBySilentEtcd(at time: Int64) {
        for index in open.indices where open[index].incident.kind == .fault && open[index].isAboutSilence {
            guard [nil, Side.etcd.rawValue].contains(open[index].incident.side),
                processes.isEtcdSilent(in: open[index].incident.cluster, at: time)
            else { continue }
            open[index].holdOpenBySilence(at: time)
        }
    }

    /// The open incident that covers a silence: one about another that isn't less severe, or a fault that isn't clear or has its
    /// side.
    private func host(of event: ProcessEvent, among hosts: [Int], _ silences: [Int]) -> Int? {
        if let silence = silences.first(where: { open[$0].incident.severity >= event.severity }) { return silence }
        return hosts.first {
            open[$0].incident.kind == .fault && [nil, event.side?.rawValue].contains(open[$0].incident.side)
        }
    }

    /// Whether an incident that has closed covers the time at which a process fell silent.
    private func wasFault(_ event: ProcessEvent) -> Bool {
        closed.contains { incident in
            incident.kind != .restart && incident.cluster == event.cluster && incident.startedAt <= event.since
                && (incident.closedAt ?? .min) >= event.since
        }
    }

    /// How far back durations count as usual.
    private static let baseline: Int64 = 600_000_000_000
}
