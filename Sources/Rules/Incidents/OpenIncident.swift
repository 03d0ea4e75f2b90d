import Engine
import Support

/// An incident while it is open. Times are in nanoseconds since the epoch.
struct OpenIncident: Hashable, Sendable {
    /// What a notification said, which decides when there is another.
    struct Notified: Hashable, Sendable, Codable {
        var certainty: Verdict.Certainty
        var side: String?
        var severity: IncidentSeverity
        /// nil if the verdict named none, or in the state of earlier versions.
        var component: String?
        /// Whether a notification came before this one.
        var isUpdate: Bool?
    }

    /// How long a notification waits for a clear verdict.
    private static let patience: Int64 = 10_000_000_000

    var incident: Incident
    /// When it closes unless a condition of its alerts holds again.
    var closesAt: Int64
    /// Whether all its alerts look further back than a minute, so that they hold it open.
    var looksFarBack: Bool
    /// Whether all its alerts are about silence, so that a restart may be all that they found.
    private(set) var isAboutSilence: Bool
    /// The 99th percentile of each kind of request before it began, in nanoseconds.
    var usual: [String: Int64] = [:]
    /// The requests that ended before this are counted.
    var countedUpTo: Int64
    var notified: Notified?

    init(
        _ incident: Incident, closesAt: Int64, looksFarBack: Bool, isAboutSilence: Bool, usual: [String: Int64],
        countedUpTo: Int64, notified: Notified?
    ) {
        self.incident = incident
        self.closesAt = closesAt
        self.looksFarBack = looksFarBack
        self.isAboutSilence = isAboutSilence
        self.usual = usual
        self.countedUpTo = countedUpTo
        self.notified = notified
    }

    /// - Parameter first: the alert that opens it.
    init(id: String, _ first: AlertSighting, at time: Int64) {
        incident = Incident(
            id: id, cluster: first.cluster, openedAt: TimeLimits.nearestTime(time), startedAt: first.earliestStart,
            severity: first.severity, evidence: first.evidence)
        closesAt = Self.closing(after: first, at: time)
        looksFarBack = first.looksFarBack
        isAboutSilence = first.isAboutSilence
        countedUpTo = first.earliestStart
        incident.add(first.member)
    }

    /// How long it stays open after a process was last found silent or restarted.
    private static let processCalm: Int64 = 30_000_000_000

    init(id: String, _ event: ProcessEvent, at time: Int64) {
        incident = Incident(
            id: id, kind: event.kind == .restarted ? .restart : .silence, cluster: event.cluster,
            openedAt: TimeLimits.nearestTime(time), startedAt: TimeLimits.nearestTime(event.since),
            backAt: event.until.map { TimeLimits.nearestTime($0) }, severity: event.severity, evidence: event.evidence)
        closesAt = TimeLimits.nearestTime(time.addingSaturating(Self.processCalm))
        looksFarBack = false
        isAboutSilence = true
        countedUpTo = TimeLimits.nearestTime(event.since)
    }

    mutating func holdOpenBySilence(at time: Int64) {
        closesAt = max(closesAt, TimeLimits.nearestTime(time.addingSaturating(Self.processCalm)))
    }

    /// Goes on with what is silent now.
    mutating func go(onWith event: ProcessEvent) {
        incident.severity = max(incident.severity, event.severity)
        if incident.certainty <= event.certainty { incident.evidence = event.evidence }
    }

    mutating func become(restartOf event: ProcessEvent, at time: Int64) {
        incident.become(restartOf: event)
        closesAt = TimeLimits.nearestTime(time.addingSaturating(Self.processCalm))
    }

    // MARK: Alerts

    mutating func join(_ sighting: AlertSighting, in context: some IncidentContext) {
        incident.add(sighting.member)
        incident.severity = max(incident.severity, sighting.severity)
        looksFarBack = looksFarBack && sighting.looksFarBack
        isAboutSilence = isAboutSilence && sighting.isAboutSilence
        holdOpen(by: sighting, in: context)
        consider(sighting.evidence)
    }

    mutating func holdOpen(by sighting: AlertSighting, in context: some IncidentContext) {
        guard sighting.holds else { return }
        if sighting.looksFarBack {
            guard looksFarBack, context.heldLately(sighting) else { return }
        }
        closesAt = max(closesAt, Self.closing(after: sighting, at: context.time))
    }

    private static func closing(after sighting: AlertSighting, at time: Int64) -> Int64 {
        TimeLimits.nearestTime(time.addingSaturating(sighting.calm))
    }

    mutating func delayClosing(by step: Int64) {
        closesAt = TimeLimits.nearestTime(closesAt.addingSaturating(step))
    }

    mutating func closeNow(at time: Int64) { closesAt = min(closesAt, time) }

    /// Keeps the surest verdict. A queue gives way to what fills it, never the other way round.
    mutating func consider(_ evidence: AlertEvidence?) {
        guard let evidence else { return }
        let former = incident.evidence
        if incident.evidence == nil || incident.certainty < evidence.culprit.certainty || isExplained(by: evidence) {
            incident.evidence = evidence
        }
        if let failures = former?.failures ?? evidence.failures { say(failures) }
    }

    /// What failed stays said, whichever verdict is the surest.
    private mutating func say(_ failures: FailureClause) {
        guard incident.evidence?.failures == nil else { return }
        incident.evidence?.failures = FailureClause(text: failures.text, isVerdict: false)
        incident.evidence?.culprit.why += "; besides, \(failures.text)"
    }

    /// Whether the incident's verdict is a queue, and another as sure as that says what requests queue for.
    private func isExplained(by evidence: AlertEvidence) -> Bool {
        incident.evidence?.isAboutQueue == true && evidence.explainsQueue
            && evidence.culprit.certainty >= incident.certainty
    }

    /// Whether a verdict and the incident's own are about a queue and what fills it.
    func isRelated(to evidence: AlertEvidence) -> Bool {
        isExplained(by: evidence) || evidence.isAboutQueue && incident.evidence?.explainsQueue == true
    }

    /// Whether the incident is about failures, and a clear verdict about something on another side that got slow well after
    /// they began: another fault.
    func isAboutFailures(before evidence: AlertEvidence) -> Bool {
        guard incident.evidence?.failures?.isVerdict == true, let side = incident.side, let began = evidence.startedAt
        else { return false }
        let verdict = evidence.culprit
        return verdict.certainty == .clear && evidence.failures == nil && verdict.side != side
            && began >= incident.startedAt.addingSaturating(Self.separate)
    }

    /// What begins later isn't the same fault, nanoseconds.
    private static let separate: Int64 = 15_000_000_000

    /// Whether the verdict on an alert is clear and contradicts the incident's own.
    func isAboutAnother(_ sighting: AlertSighting) -> Bool {
        guard let evidence = sighting.evidence, let side = evidence.culprit.side, !isRelated(to: evidence) else {
            return false
        }
        let verdict = evidence.culprit
        if isAboutFailures(before: evidence) { return true }
        return verdict.certainty == .clear && incident.certainty == .clear && side != incident.side
    }

    /// Counts the requests since the last evaluation.
    mutating func count(in context: some IncidentContext) {
        guard countedUpTo < context.time else { return }
        incident.requests += context.outcomes(
            of: incident.cluster, from: countedUpTo, to: context.time, usual: usual)
        countedUpTo = TimeLimits.nearestTime(context.time)
    }

    // MARK: Notifications

    /// The notification that is due: of the opening, or, once, of a verdict that has become clear or names what fills a queue.
    ///
    /// - Parameter isAnyAway: whether a process is away or has just come back, so that it may turn out to be a restart.
    mutating func notice(isAnyAway: Bool, in context: some IncidentContext) -> Alert? {
        let isClear = incident.certainty == .clear
        let isDue: Bool
        if let notified {
            let isSurer = notified.certainty != .clear
            let isDeeper = notified.component != nil && notified.component != incident.evidence?.culprit.component
            let isRestart = incident.kind == .restart && notified.severity > incident.severity
            isDue = isClear && (isSurer || isDeeper || isRestart) && notified.isUpdate != true
        } else {
            let latest = incident.openedAt.addingSaturating(Self.patience)
            isDue = isClear || isShownByFailures && !isAnyAway || (context.next ?? .max) > latest
        }
        guard isDue else { return nil }
        let former = notified
        let now = Notified(
            certainty: incident.certainty, side: incident.side, severity: incident.severity,
            component: incident.evidence?.culprit.component, isUpdate: former != nil)
        notified = now
        return incident.alert(as: now, replacing: former)
    }

    /// Whether spans that failed show who is at fault. That calls to etcd failed on the way shows in spans that are missing, and
    /// those may be late.
    private var isShownByFailures: Bool {
        guard let evidence = incident.evidence, evidence.failures?.isVerdict == true else { return false }
        return ![nil, Side.connection.rawValue].contains(evidence.culprit.side)
    }

    /// Closes it, with the last notification.
    mutating func close(in context: some IncidentContext) -> Alert? {
        let time = context.time
        incident.closedAt = TimeLimits.nearestTime(time)
        guard let notified else { return nil }
        let lately = max(time.subtractingSaturating(Rule.calmMin), incident.startedAt)
        let outcomes = context.outcomes(of: incident.cluster, from: lately, to: time, usual: usual)
        return incident.alert(as: notified, now: outcomes)
    }

    /// As it is now, for sinks that need repetition; nil before the first notification.
    var firingAlert: Alert? { notified.map { incident.alert(as: $0) } }
}
