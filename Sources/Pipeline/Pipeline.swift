package import Engine
package import Rules
import Synchronization

/// The one way spans take, in the daemon and in a replay: batches into the window, and rules evaluated over it as
/// time passes. It has no clock: arrivals and the passing of time are told.
package final class Pipeline: Sendable {
    private struct Intake: ~Copyable {
        var window: Window
        var counts = SpanCounts()
        /// Spans that end before it come late: their time has been evaluated.
        var evaluatedUpTo = Int64.min
    }

    private struct Evaluation {
        var rules: RuleEvaluator
        /// The time of the last evaluation; nil before the first.
        var last: Int64?
        /// Times after it are evaluated by these rules; nil while none is.
        var rulesSince: Int64?
        /// Alerts that fired and ended with their rules: told before what the next evaluation finds.
        var ended: [AlertTransition] = []
    }

    private let intake: Mutex<Intake>
    /// Held by whoever adds to the history what left the window.
    private let folding = Mutex(())
    private let evaluation: Mutex<Evaluation>
    private let evaluationDelay: Int64
    private let attribution: WindowAttribution
    private let pinned = Mutex(PinnedTraces())
    private let onClock: (@Sendable (ClockReading) -> Void)?
    private let onEvaluation: (@Sendable (_ time: Int64, _ rules: RuleEvaluator) -> Void)?

    /// - Parameters:
    ///   - evaluationDelay: how long after a time it is evaluated, nanoseconds: exporters hold spans for up to five
    ///     seconds, and some more on their way.
    ///   - onClock: is told each reading of the clock that anything is done by, in one order with what is appended; a
    ///     lock is held meanwhile.
    ///   - onEvaluation: is told the time of each evaluation and the rules as it left them; a lock is held meanwhile.
    package init(
        rules: RuleEvaluator, limits: WindowLimits, evaluationDelay: Int64 = 10_000_000_000,
        attribution: AttributionSettings = AttributionSettings(), onClock: (@Sendable (ClockReading) -> Void)? = nil,
        onEvaluation: (@Sendable (_ time: Int64, _ rules: RuleEvaluator) -> Void)? = nil
    ) {
        var limits = limits
        // A time is evaluated late: spans of a rule's whole window are still there then.
        let late = evaluationDelay + 2 * Window.slotWidth
        limits.duration = limits.duration.map { $0 + late }
        limits.recordedDuration = limits.recordedDuration.map { $0 + late }
        var window = Window(limits: limits)
        window.select(rules.selectedNames)
        intake = Mutex(Intake(window: window))
        evaluation = Mutex(Evaluation(rules: rules))
        self.evaluationDelay = evaluationDelay
        self.attribution = WindowAttribution(attribution)
        self.onClock = onClock
        self.onEvaluation = onEvaluation
    }

    /// What is appended next is a daemon's recording: rules see what they saw there.
    package func followRecording() { intake.withLock { $0.window.followRecording() } }

    /// Takes in a decoded batch that arrived at a time (Unix nanoseconds); the lock is held for the copy alone.
    ///
    /// - Parameter inOrder: is called under the lock, so that its calls have the order of what is appended.
    package func append(
        _ batch: borrowing SpanBatch, arrival: Int64, inOrder: () -> Void = {}
    ) -> AppendOutcome {
        var (outcome, isDue, isTooMuch) = intake.withLock { intake in
            let outcome = intake.window.append(batch, arrival: arrival, evaluatedUpTo: intake.evaluatedUpTo)
            intake.counts.add(outcome, batch)
            inOrder()
            let retired = intake.window.retired
            return (outcome, retired.isDue, retired.isTooMuch(windowBytesMax: intake.window.limits.bytesMax))
        }
        if isTooMuch {
            folding.withLock { _ in foldRetired() }
        } else if isDue {
            // Where another thread is at it, it takes these too, or the next to append does; until then views have them.
            folding.withLockIfAvailable { _ in foldRetired() }
        }
        outcome.rejections.add(batch.rejections)
        return outcome
    }

    /// Adds what left the window to its history: the buckets are counted without the window's lock.
    private func foldRetired() {
        while true {
            let (due, before) = intake.withLock { intake in
                (intake.window.retired.isDue ? intake.window.retired : nil, intake.window.history)
            }
            guard let due else { return }
            var history = before
            history.add(due)
            // What it replaces is freed here, not under the lock.
            _ = intake.withLock { [history] in $0.window.replaceHistory(with: history, including: due) }
        }
    }

    /// Evaluates the rules for every time that is due, now that it is `clock` (Unix nanoseconds).
    package func advance(to clock: Int64) -> [AlertTransition] {
        evaluate(upTo: clock - min(evaluationDelay, max(clock, 0)))
    }

    /// Takes a reading of the clock by which no rule is evaluated: others might be, in a replay of a recording.
    /// Attributes what has settled.
    package func note(clock: Int64) {
        if attribution.isDue(at: clock) {
            settle(at: clock, look(at: clock) { _ in })
        } else if let onClock {
            intake.withLock { _ in onClock(ClockReading(clock)) }
        }
    }

    /// Takes a reading of the clock that doesn't follow from the one before, as the clock was set or the process stood
    /// still. Evaluation begins anew there: the times in between are never evaluated, and where the clock was set back, what
    /// came of later times counts among all that came but in no range any more. Alerts go on as after a restart.
    package func jump(to clock: Int64) {
        evaluation.withLock { evaluation in
            let time = clock - min(evaluationDelay, max(clock, 0))
            let last = evaluation.last ?? time
            evaluation.last = time
            evaluation.rulesSince = min(evaluation.rulesSince ?? time, time)
            evaluation.rules.jump(from: last, to: time)
            let isBack = time < last
            if isBack { attribution.setBack() }
            folding.withLock { _ in
                if isBack { foldRetired() }
                intake.withLock { intake in
                    if isBack { intake.window.setBack(to: clock) }
                    intake.evaluatedUpTo = time
                    onClock?(ClockReading(clock, isJump: true))
                }
            }
        }
    }

    /// Attributes for good what has settled by a time in a view taken then.
    private func settle(at clock: Int64, _ look: (view: WindowView, load: Double)) {
        attribution.settle(at: clock, look.view, load: look.load) { settled in
            intake.withLock { intake in
                for (slot, attribution) in settled { intake.window.attach(attribution, toSlotFrom: slot) }
            }
        }
    }

    /// The window at a reading of the clock, and what part of its memory it takes. All that is done by the clock is done
    /// by such a look, so that a replay of a recording does the same.
    private func look(
        at clock: Int64, _ change: (inout Intake) -> Void
    ) -> (view: WindowView, load: Double) {
        intake.withLock { intake in
            change(&intake)
            onClock?(ClockReading(clock))
            let window = intake.window.view()
            return (window, Double(intake.window.byteCount) / Double(intake.window.limits.bytesMax))
        }
    }

    /// Evaluates the rules for every time up to `limit`: at the end of a replay, when nothing more can arrive.
    package func evaluate(upTo limit: Int64) -> [AlertTransition] {
        evaluation.withLock { evaluation in
            guard var last = evaluation.last else {
                // What was before the first arrival is nobody's to judge.
                evaluation.last = limit
                evaluation.rulesSince = limit
                if let onClock { intake.withLock { _ in onClock(ClockReading(limit + evaluationDelay)) } }
                return []
            }
            var transitions = evaluation.ended
            evaluation.ended = []
            while let time = evaluation.rules.nextEvaluation(after: last), time <= limit {
                let look = look(at: time + evaluationDelay) { $0.evaluatedUpTo = time }
                let view = look.view
                settle(at: time + evaluationDelay, look)
                let first = view.firstSpans(from: time - min(evaluation.rules.longestRange, time)) ?? .max
                if first > limit {
                    // Nothing to see in any rule's range now, nor at the times up to the limit: they are judged too.
                    let clock = limit + evaluationDelay
                    settle(at: clock, self.look(at: clock) { $0.evaluatedUpTo = max($0.evaluatedUpTo, limit) })
                    last = limit
                    break
                }
                if first >= time {
                    // Nor up to what comes first, which may be years from here.
                    last = first
                    continue
                }
                let found = evaluation.rules.evaluate(at: time, over: EvaluatedWindow(view, attribution))
                pinned.withLock { $0.follow(found, view) }
                onEvaluation?(time, evaluation.rules)
                transitions += found
                last = time
            }
            evaluation.last = last
            return transitions
        }
    }

    /// Whether any rule is evaluated at any time.
    package var hasRules: Bool { evaluation.withLock { !$0.rules.definitions.isEmpty } }

    /// Whether `advance(to:)` would evaluate anything at this time.
    package func isEvaluationDue(at clock: Int64) -> Bool {
        evaluation.withLock { evaluation in
            guard let last = evaluation.last else { return true }
            guard evaluation.ended.isEmpty else { return true }
            guard let next = evaluation.rules.nextEvaluation(after: last) else { return false }
            return next <= clock - min(evaluationDelay, max(clock, 0))
        }
    }

    private func select(_ names: SelectedNames) { intake.withLock { $0.window.select(names) } }

    // MARK: Reading

    package func view() -> WindowView {
        intake.withLock { $0.window.view() }
    }

    package func summary() -> PipelineSummary {
        let (view, totals, counts, unattributed) = intake.withLock {
            ($0.window.wholeView(), $0.window.totals, $0.counts, $0.window.unattributed)
        }
        return PipelineSummary(
            view: view, totals: totals, counts: counts, unattributed: unattributed,
            componentNames: attribution.components.names)
    }

    /// The same with all slots attributed, by what has come.
    package func attributedSummary() -> PipelineSummary {
        var summary = summary()
        summary.view = attribution.attributed(summary.view)
        return summary
    }

    /// What components took of requests since the start, of those that have settled.
    package func componentTotals() -> ComponentTotals { attribution.totals }

    /// The spans of a trace, in the order of their starts, with the operations they have numbers of; those of an active
    /// alert's traces whatever the window still holds.
    package func trace(_ trace: TraceID) -> NamedSpans {
        let view = view()
        let spans = view.spans(of: [trace])[0]
        let kept = pinned.withLock { $0[trace] }
        return spans.count >= kept.spans.count ? NamedSpans(spans, view.operations) : kept
    }

    /// Gives up the oldest of the window, where the process takes more memory than it may: so many bytes, as far as there
    /// are other slots than the newest.
    ///
    /// - Returns: bytes given up.
    package func giveUpWindow(bytes: Int) -> Int {
        let given = intake.withLock { $0.window.evict(above: $0.window.byteCount - bytes) }
        if given > 0 { folding.withLock { _ in foldRetired() } }
        return given
    }

    /// Bytes that the rules' counts take.
    package func countBytes() -> Int { evaluation.withLock { $0.rules.countByteCount } }

    package func windowGauges() -> WindowGauges {
        let attributionBytes = attribution.byteCount
        return intake.withLock {
            WindowGauges(
                spans: $0.window.spanCount, bytes: $0.window.byteCount, bytesHeld: $0.window.bytesHeld,
                oldest: $0.window.oldest,
                operations: NameGauges($0.window.operations), requests: NameGauges($0.window.requests),
                historyBytes: $0.window.history.byteCount, historyOldest: $0.window.history.oldest,
                unattributed: $0.window.unattributed, attributionBytes: attributionBytes)
        }
    }

    /// By whom the places for names are taken.
    package func namePlaces() -> (operations: NamePlacesUse, requests: NamePlacesUse) {
        intake.withLock { ($0.window.operations.placesUse, $0.window.requests.placesUse) }
    }

    package func withRules<Result>(_ body: (inout RuleEvaluator) -> Result) -> Result {
        evaluation.withLock { body(&$0.rules) }
    }

    package func rulesInForce() -> RulesInForce {
        evaluation.withLock { RulesInForce($0.rules, since: $0.rulesSince, last: $0.last) }
    }

    /// The pending and firing alerts for the next process; nil before the first evaluation.
    package func savedAlerts() -> SavedAlerts? {
        evaluation.withLock { evaluation in evaluation.last.map { evaluation.rules.savedAlerts(at: $0) } }
    }

    /// Takes new rules for the old; returns the alerts of rules that are gone, which resolve.
    package func replaceRules(_ groups: [RuleGroup]) -> [Alert] {
        let dropped = evaluation.withLock { evaluation in
            evaluation.rulesSince = evaluation.last
            let dropped = evaluation.rules.replaceRules(groups)
            if let last = evaluation.last { evaluation.ended += dropped.compactMap { $0.ended(at: last) } }
            select(evaluation.rules.selectedNames)
            return dropped
        }
        pinned.withLock { $0.release(dropped) }
        return dropped
    }
}
