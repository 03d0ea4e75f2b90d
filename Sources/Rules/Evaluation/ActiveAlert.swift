import Engine
import Support

/// An alert from the first time its condition holds until it is resolved or given up.
/// A value without I/O or clock: `observe` is told the time and returns what changed.
struct ActiveAlert: Hashable, Sendable {
    private(set) var state = AlertState.inactive
    /// Nanoseconds since the epoch, as are all times here.
    private(set) var activeAt: Int64 = 0
    private(set) var firedAt: Int64?
    private(set) var resolvedAt: Int64?
    /// Since when the condition has been false while the alert is kept firing.
    private(set) var falseSince: Int64?
    /// Until when a condition that is false changes nothing: a process that has just begun hasn't seen enough to say so.
    private var ignoresCalmUntil = Int64.min
    private(set) var reason: ResolutionReason?
    /// The last evaluation at which there was data.
    private var dataAt = Int64.min
    /// How long there has been no data while other spans came.
    private(set) var noDataFor: Int64 = 0
    /// The last value for which the condition held.
    private(set) var value: Double?
    /// The surest that was found while it fired.
    private(set) var evidence: AlertEvidence?
    private var evidenceFoundAt = Int64.min

    init() {}

    /// An alert that was pending or firing when another process ended.
    init(
        state: AlertState, activeAt: Int64, firedAt: Int64?, falseSince: Int64?, value: Double?,
        evidence: AlertEvidence?, noDataFor: Int64 = 0, ignoringCalmUntil: Int64
    ) {
        self.state = state
        self.activeAt = activeAt
        self.firedAt = firedAt
        self.falseSince = falseSince
        self.value = value
        self.evidence = evidence
        self.noDataFor = noDataFor
        ignoresCalmUntil = ignoringCalmUntil
    }

    /// Takes in one evaluation; returns the new state if it changed.
    /// - Parameter holds: nil is no data, which changes nothing.
    mutating func observe(
        _ holds: Bool?, value: Double?, at time: Int64, holdFor: Int64, keepFiringFor: Int64
    ) -> AlertState? {
        guard let holds else { return nil }
        dataAt = time
        noDataFor = 0
        return holds
            ? observeBreach(value, at: time, holdFor: holdFor) : observeCalm(at: time, keepFiringFor: keepFiringFor)
    }

    /// Whether an evaluation told nothing of it.
    func isWithoutData(at time: Int64) -> Bool { dataAt != time }

    /// Takes in an evaluation that told nothing, while other spans came; returns the new state if it changed.
    /// - Parameters:
    ///   - interval: since the evaluation before.
    ///   - after: how long it may be so before the alert ends.
    mutating func observeNoData(at time: Int64, interval: Int64, endingAfter after: Int64) -> AlertState? {
        noDataFor = noDataFor.addingSaturating(interval)
        guard noDataFor >= after else { return nil }
        switch state {
        case .inactive, .resolved: return nil
        case .pending: state = .inactive
        case .firing:
            state = .resolved
            resolve(at: time)
            reason = .noData
        }
        return state
    }

    private mutating func observeBreach(_ value: Double?, at time: Int64, holdFor: Int64) -> AlertState? {
        let before = state
        if state == .inactive {
            state = .pending
            activeAt = time
        }
        self.value = value
        falseSince = nil
        if state == .pending, elapsed(since: activeAt, at: time) >= holdFor {
            state = .firing
            firedAt = time
        }
        return state == before ? nil : state
    }

    private mutating func observeCalm(at time: Int64, keepFiringFor: Int64) -> AlertState? {
        guard time >= ignoresCalmUntil else { return nil }
        switch state {
        case .inactive, .resolved:
            return nil
        case .pending:
            state = .inactive
        case .firing:
            let since = falseSince ?? time
            falseSince = since
            guard elapsed(since: since, at: time) >= keepFiringFor else { return nil }
            state = .resolved
            resolve(at: time)
        }
        return state
    }

    /// Where the clock was set back, not before it fired.
    private mutating func resolve(at time: Int64) { resolvedAt = max(time, firedAt ?? time) }

    /// Goes on at another time than the one that comes next, with the time that it had.
    mutating func jump(from last: Int64, to time: Int64, ignoringCalmFor blind: Int64) {
        let step = time.subtractingSaturating(last)
        if state == .pending { activeAt = TimeLimits.nearestTime(activeAt.addingSaturating(step)) }
        falseSince = falseSince.map { TimeLimits.nearestTime($0.addingSaturating(step)) }
        ignoresCalmUntil = time.addingSaturating(blind)
        evidenceFoundAt = .min
    }

    /// Whether evidence could still tell more: none was found that is clear, and the fault is not long gone by.
    func wantsEvidence(at time: Int64) -> Bool {
        guard state == .firing, falseSince == nil, let firedAt else { return false }
        guard let evidence else { return true }
        // At the first evaluation of each such stretch of time: alerts that look together share the work.
        return evidence.culprit.certainty != .clear && elapsed(since: firedAt, at: time) <= Self.evidenceSought
            && time / Self.evidenceInterval != evidenceFoundAt / Self.evidenceInterval
    }

    private static let evidenceSought: Int64 = 300_000_000_000
    private static let evidenceInterval: Int64 = 15_000_000_000

    /// Takes evidence that is surer than what was found before, unless it names another side: nearer to the beginning
    /// cause and consequence are told apart better.
    mutating func found(_ new: AlertEvidence, at time: Int64) {
        evidenceFoundAt = time
        if let known = evidence?.culprit {
            guard known.side == nil || known.side == new.culprit.side, known.certainty < new.culprit.certainty else {
                return
            }
        }
        evidence = new
    }

    private func elapsed(since start: Int64, at time: Int64) -> Int64 {
        time.subtractingSaturating(start)
    }
}
