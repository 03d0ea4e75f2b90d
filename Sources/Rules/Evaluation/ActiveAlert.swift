import Engine
import Support

/// An alert from the time its condition first holds until it resolves or is dropped. A value without I/O or a clock:
/// `observe` gets the time and returns what changed.
struct ActiveAlert: Hashable, Sendable {
    private(set) var state = AlertState.inactive
    /// Nanoseconds since the epoch, like all times here.
    private(set) var activeAt: Int64 = 0
    private(set) var firedAt: Int64?
    private(set) var resolvedAt: Int64?
    /// Since when the condition has been false while `keep_firing_for` keeps the alert firing.
    private(set) var falseSince: Int64?
    /// Until when a false condition is ignored: a process that has just started hasn't seen enough spans.
    private var ignoresCalmUntil = Int64.min
    private(set) var reason: ResolutionReason?
    /// The last evaluation at which the condition held.
    private(set) var heldAt = Int64.min
    /// The last evaluation that had data.
    private var dataAt = Int64.min
    /// How long there has been no data while other spans arrived.
    private(set) var noDataFor: Int64 = 0
    /// The last value for which the condition held.
    private(set) var value: Double?
    /// The value when it fired.
    private(set) var firedValue: Double?
    /// The most certain evidence found while the alert fired.
    private(set) var evidence: AlertEvidence?
    private var evidenceFoundAt = Int64.min

    init() {}

    /// Restores an alert that was pending or firing when another process ended.
    init(
        state: AlertState, activeAt: Int64, firedAt: Int64?, falseSince: Int64?, value: Double?,
        firedValue: Double? = nil, evidence: AlertEvidence?, noDataFor: Int64 = 0, ignoringCalmUntil: Int64
    ) {
        self.state = state
        self.activeAt = activeAt
        self.firedAt = firedAt
        self.falseSince = falseSince
        self.value = value
        self.firedValue = firedValue
        self.evidence = evidence
        self.noDataFor = noDataFor
        ignoresCalmUntil = ignoringCalmUntil
    }

    /// Applies one evaluation; returns the new state if it changed.
    /// - Parameter holds: nil for no data, which changes nothing.
    mutating func observe(
        _ holds: Bool?, value: Double?, at time: Int64, holdFor: Int64, keepFiringFor: Int64
    ) -> AlertState? {
        guard let holds else { return nil }
        dataAt = time
        noDataFor = 0
        return holds
            ? observeBreach(value, at: time, holdFor: holdFor) : observeCalm(at: time, keepFiringFor: keepFiringFor)
    }

    /// Whether the evaluation at `time` had no data for this alert.
    func isWithoutData(at time: Int64) -> Bool { dataAt != time }

    /// Applies an evaluation without data while other spans arrived; returns the new state if it changed.
    /// - Parameters:
    ///   - interval: the time since the previous evaluation.
    ///   - after: how long data may be missing before the alert ends.
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
        heldAt = time
        falseSince = nil
        if state == .pending, elapsed(since: activeAt, at: time) >= holdFor {
            state = .firing
            firedAt = time
            firedValue = value
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

    /// After the clock was set back, the alert still doesn't resolve before it fired.
    private mutating func resolve(at time: Int64) { resolvedAt = max(time, firedAt ?? time) }

    /// Shifts the alert to another time, with the durations that it had accumulated.
    mutating func jump(from last: Int64, to time: Int64, ignoringCalmFor blind: Int64) {
        let step = time.subtractingSaturating(last)
        if state == .pending { activeAt = TimeLimits.nearestTime(activeAt.addingSaturating(step)) }
        falseSince = falseSince.map { TimeLimits.nearestTime($0.addingSaturating(step)) }
        ignoresCalmUntil = time.addingSaturating(blind)
        evidenceFoundAt = .min
    }

    /// Whether more evidence could help: none found so far is clear, and the fault isn't long past.
    func wantsEvidence(at time: Int64) -> Bool {
        guard state == .firing, falseSince == nil, let firedAt else { return false }
        guard let evidence else { return true }
        // At the first evaluation in each interval, so that alerts asking at the same time share the work.
        return evidence.culprit.certainty != .clear && elapsed(since: firedAt, at: time) <= Self.evidenceSought
            && time / Self.evidenceInterval != evidenceFoundAt / Self.evidenceInterval
    }

    private static let evidenceSought: Int64 = 300_000_000_000
    private static let evidenceInterval: Int64 = 15_000_000_000

    /// Keeps evidence if it is more certain than what was found before, unless it names another side: cause and
    /// consequence are easier to tell apart close to the beginning.
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
