import Engine
package import Rules
import Support
import Synchronization

/// Evaluates the rules as time passes and publishes the result.
final class Evaluator: Sendable {
    private struct State {
        var rules: RuleEvaluator
        /// The time of the last evaluation; nil before the first.
        var last: Int64?
        /// The current rules evaluate times after this; nil before the first evaluation.
        var rulesSince: Int64?
        /// Alerts that were firing when their rules were removed; reported ahead of the next evaluation's transitions.
        var ended: [AlertTransition] = []
        /// The last alerts that resolved, the oldest first.
        var resolved: [Alert] = []

        private static let resolvedMax = 1_000

        mutating func note(_ found: [AlertTransition]) {
            resolved += found.filter { $0.alert.state == .resolved }.map(\.alert)
            resolved.removeFirst(max(resolved.count - Self.resolvedMax, 0))
        }

        var snapshot: EvaluationSnapshot {
            EvaluationSnapshot(rules, since: rulesSince, last: last, resolved: resolved)
        }
    }

    private let intake: SpanIntake
    private let attribution: WindowAttribution
    private let earlier: EarlierSlots
    private let state: Mutex<State>
    private let published: Mutex<EvaluationSnapshot>
    private let pinned = Mutex(PinnedTraces())
    private let delay: Int64
    private let notifiesOfIncidents: Bool
    private let usesCores: Bool
    private let onEvaluation: (@Sendable (_ time: Int64, _ rules: RuleEvaluator) -> Void)?

    init(
        _ rules: RuleEvaluator, over intake: SpanIntake, attribution: WindowAttribution, earlier: EarlierSlots,
        delay: Int64, notifiesOfIncidents: Bool, usesCores: Bool,
        onEvaluation: (@Sendable (_ time: Int64, _ rules: RuleEvaluator) -> Void)?
    ) {
        self.intake = intake
        self.attribution = attribution
        self.earlier = earlier
        self.delay = delay
        self.notifiesOfIncidents = notifiesOfIncidents
        self.usesCores = usesCores
        self.onEvaluation = onEvaluation
        state = Mutex(State(rules: rules))
        published = Mutex(EvaluationSnapshot(rules, since: nil, last: nil, resolved: []))
    }

    /// The state after the last evaluation.
    var snapshot: EvaluationSnapshot { published.withLock { $0 } }

    /// The pinned spans of a trace that active alerts name.
    func pinned(_ trace: TraceID) -> NamedSpans { pinned.withLock { $0[trace] } }

    /// The traces that active alerts name, pinned or not.
    var namedTraces: Set<TraceID> { pinned.withLock { $0.traces } }

    // MARK: As time passes

    /// The time to evaluate when the clock reads `clock`.
    func time(at clock: Int64) -> Int64 { clock - min(delay, max(clock, 0)) }

    /// Whether there is anything to evaluate when the clock reads `clock`.
    func isDue(at clock: Int64) -> Bool {
        state.withLock { state in
            guard let last = state.last, state.ended.isEmpty else { return true }
            guard let next = state.rules.nextEvaluation(after: last) else { return false }
            return next <= time(at: clock)
        }
    }

    /// The first reading of the clock at which anything may be due after an evaluation at `clock`.
    func nextDue(after clock: Int64) -> Int64 {
        let next = snapshot.groups.compactMap { $0.definition.nextEvaluation(after: time(at: clock)) }.min()
        // Near the start of time evaluations aren't delayed.
        return next.map { $0 > 0 ? $0.addingSaturating(delay) : $0 } ?? .max
    }

    /// Evaluates the rules for every due time up to `limit`.
    func evaluate(upTo limit: Int64) -> [AlertTransition] {
        var window = WindowAccess(intake)
        return evaluate(upTo: limit, &window)
    }

    /// The same, over the window as `window` shows it.
    func evaluate(upTo limit: Int64, _ window: inout WindowAccess) -> [AlertTransition] {
        state.withLock { state in
            guard let last = state.last else {
                // Times before the first arrival are never evaluated.
                state.last = limit
                state.rulesSince = limit
                intake.note(ClockReading(limit + delay))
                publish(state)
                return []
            }
            var transitions = state.ended
            state.note(state.ended)
            state.ended = []
            let reached = evaluate(&state, &window, after: last, upTo: limit, &transitions)
            guard reached != last || !transitions.isEmpty else { return [] }
            state.last = reached
            publish(state)
            return transitions
        }
    }

    /// - Returns: the time up to which everything has been evaluated.
    private func evaluate(
        _ state: inout State, _ window: inout WindowAccess, after start: Int64, upTo limit: Int64,
        _ transitions: inout [AlertTransition]
    ) -> Int64 {
        var last = start
        while let time = state.rules.nextEvaluation(after: last), time <= limit {
            var view = window.settledView(at: time + delay, evaluating: time, by: attribution)
            let first = view.firstSpans(from: time - min(state.rules.longestRange, time)) ?? .max
            let isAwaited = state.rules.incidents.awaitsTime
            if first > limit, !isAwaited {
                // No spans in any rule's range, now or up to the limit: all of these times count as evaluated.
                let (clock, reached) = (limit + delay, state.rules.lastEvaluation(until: limit) ?? time)
                _ = window.settledView(at: clock, evaluating: reached, by: attribution)
                return reached
            }
            if first >= time, !isAwaited {
                // No spans until `first`, which may be years away: skip ahead.
                last = first
                continue
            }
            let thresholds = state.rules.thresholds
            window.attach(attribution.summarize(&view, upTo: time, thresholds: thresholds))
            earlier.attach(to: &view)
            let found = state.rules.evaluate(
                at: time,
                over: EvaluatedWindow(
                    view, at: time, attribution, thresholds: thresholds, usesCores: usesCores))
            let notices = state.rules.incidents.notices
            pinned.withLock { $0.follow(found + notices, view) }
            onEvaluation?(time, state.rules)
            state.note(found)
            transitions += notifiesOfIncidents ? found + notices : found
            last = time
        }
        return last
    }

    /// Call before the first evaluation of a replay by event time.
    func followEventTime() { state.withLock { $0.rules.followEventTime() } }

    func jump(to clock: Int64) {
        state.withLock { state in
            let time = time(at: clock)
            let last = state.last ?? time
            state.last = time
            state.rulesSince = min(state.rulesSince ?? time, time)
            state.rules.jump(from: last, to: time)
            if time < last { attribution.setBack() }
            intake.jump(to: clock, evaluatingFrom: time, isBack: time < last)
            publish(state)
        }
    }

    private func publish(_ state: State) { publish(state.snapshot) }

    /// Publishes the state after an evaluation, here or by another pipeline for this one.
    func publish(_ snapshot: EvaluationSnapshot) { published.withLock { $0 = snapshot } }

    // MARK: Rules

    /// Continues the alerts of a process that has ended. Call before the first evaluation.
    ///
    /// - Returns: how many alerts continue.
    func restore(_ saved: SavedAlerts, at clock: Int64) -> Int {
        state.withLock { state in
            let count = state.rules.restore(saved, at: time(at: clock))
            publish(state)
            return count
        }
    }

    /// The pending and firing alerts, for the next process; nil before the first evaluation.
    func savedAlerts() -> SavedAlerts? {
        state.withLock { state in state.last.map { state.rules.savedAlerts(at: $0) } }
    }

    /// Replaces the rules. Returns the alerts of rules that are gone; these resolve.
    func replaceRules(_ groups: [RuleGroup]) -> [Alert] {
        let dropped = state.withLock { state in
            state.rulesSince = state.last
            let dropped = state.rules.replaceRules(groups)
            if let last = state.last { state.ended += dropped.compactMap { $0.ended(at: last) } }
            intake.select(state.rules.selectedNames)
            publish(state)
            return dropped
        }
        pinned.withLock { $0.release(dropped) }
        return dropped
    }
}

/// The rules and their alerts after the last evaluation. Readers don't wait for an evaluation under way.
package struct EvaluationSnapshot: Sendable {
    package struct Group: Sendable {
        package var definition: RuleGroup
        /// Unix nanoseconds; nil if these rules haven't been evaluated yet.
        package var evaluatedAt: Int64?
        /// The pending and firing alerts, by rule.
        package var alerts: [[Alert]]
    }

    package private(set) var groups: [Group]
    /// The pending and firing alerts, by group, rule and labels.
    package let numberedAlerts: [(rule: RuleNumber, alert: Alert)]
    /// Alerts that were dropped because their rule was at its limit.
    package let refusedAlerts: Int
    /// Bytes of the rules' counts.
    package let countByteCount: Int

    private let tracker: IncidentTracker
    /// In a replay: those of earlier runs of the daemon that this run doesn't know.
    private var earlierIncidents: [Incident] = []
    /// Those of earlier runs, then closed ones, then open ones.
    package var incidents: [Incident] { earlierIncidents + tracker.incidents }
    /// Not those that were open when an earlier run ended.
    package var openIncidents: [Incident] { tracker.incidents.filter(\.isOpen) }
    package var incidentsOpened: Int { tracker.openedCount }
    package var incidentsDropped: Int { tracker.droppedCount }
    /// The open incidents that sinks have been notified of, as alerts.
    package var firingIncidents: [Alert] { tracker.firingAlerts }

    package var alerts: [Alert] { numberedAlerts.map(\.alert) }
    /// The last thousand alerts that resolved, the oldest first.
    package private(set) var resolvedAlerts: [Alert]

    /// - Parameters:
    ///   - since: these rules evaluate times after this, Unix nanoseconds.
    ///   - last: the time of the last evaluation, Unix nanoseconds.
    init(_ rules: RuleEvaluator, since: Int64?, last: Int64?, resolved: [Alert]) {
        groups = rules.definitions.map { definition in
            let evaluation = last.flatMap { definition.lastEvaluation(until: $0) }
            return Group(
                definition: definition, evaluatedAt: evaluation.flatMap { $0 > since ?? .min ? $0 : nil },
                alerts: Array(repeating: [], count: definition.rules.count))
        }
        numberedAlerts = rules.numberedAlerts
        refusedAlerts = rules.refusedAlerts
        countByteCount = rules.countByteCount
        tracker = rules.incidents
        resolvedAlerts = resolved
        for (rule, alert) in numberedAlerts { groups[rule.group].alerts[rule.rule].append(alert) }
    }

    /// A copy with what the snapshot at the end of an earlier run had, except incidents that this run has continued.
    package func after(_ earlier: EvaluationSnapshot?) -> EvaluationSnapshot {
        guard let earlier else { return self }
        var snapshot = self
        let known = Set(tracker.incidents.map(\.id))
        snapshot.earlierIncidents = earlier.incidents.filter { !known.contains($0.id) }
        snapshot.resolvedAlerts = earlier.resolvedAlerts + resolvedAlerts
        return snapshot
    }
}
