package import Engine
package import Rules

/// The one way spans take, in the daemon, in a replay and in tests of rules: batches into the window (`SpanIntake`), what
/// leaves it into the history (`HistoryFolder`), and rules evaluated over it as time passes (`Evaluator`). It has no clock:
/// arrivals and the passing of time are told.
package final class Pipeline: Sendable {
    private let intake: SpanIntake
    private let evaluator: Evaluator
    private let attribution: WindowAttribution

    /// - Parameters:
    ///   - evaluationDelay: how long after a time it is evaluated, nanoseconds: exporters hold spans for up to five
    ///     seconds, and some more on their way.
    ///   - onClock: is told each reading of the clock that anything is done by, in one order with what is appended; a
    ///     lock is held meanwhile.
    ///   - onEvaluation: is told the time of each evaluation and the rules as it left them; a lock is held meanwhile.
    package init(
        rules: RuleEvaluator, limits: WindowLimits, evaluationDelay: Int64 = 10_000_000_000,
        attribution settings: AttributionSettings = AttributionSettings(),
        onClock: (@Sendable (ClockReading) -> Void)? = nil,
        onEvaluation: (@Sendable (_ time: Int64, _ rules: RuleEvaluator) -> Void)? = nil
    ) {
        var limits = limits
        // A time is evaluated late: spans of a rule's whole window are still there then.
        let late = evaluationDelay + 2 * Window.slotWidth
        limits.duration = limits.duration.map { $0 + late }
        limits.recordedDuration = limits.recordedDuration.map { $0 + late }
        intake = SpanIntake(limits: limits, selecting: rules.selectedNames, onClock: onClock)
        attribution = WindowAttribution(settings)
        evaluator = Evaluator(
            rules, over: intake, attribution: attribution, delay: evaluationDelay, onEvaluation: onEvaluation)
    }

    // MARK: Spans

    /// What is appended next is a daemon's recording: rules see what they saw there.
    package func followRecording() { intake.followRecording() }

    /// Takes in a decoded batch that arrived at a time (Unix nanoseconds); the lock is held for the copy alone.
    ///
    /// - Parameter inOrder: is called under the lock, so that its calls have the order of what is appended.
    package func append(_ batch: borrowing SpanBatch, arrival: Int64, inOrder: () -> Void = {}) -> AppendOutcome {
        intake.append(batch, arrival: arrival, inOrder: inOrder)
    }

    /// Gives up the oldest of the window, where the process takes more memory than it may: so many bytes, as far as there
    /// are other slots than the newest.
    ///
    /// - Returns: bytes given up.
    package func giveUpWindow(bytes: Int) -> Int { intake.giveUp(bytes: bytes) }

    // MARK: As time passes

    /// Evaluates the rules for every time that is due, now that it is `clock` (Unix nanoseconds).
    package func advance(to clock: Int64) -> [AlertTransition] { evaluate(upTo: evaluator.time(at: clock)) }

    /// Evaluates the rules for every time up to `limit`: at the end of a replay, when nothing more can arrive.
    package func evaluate(upTo limit: Int64) -> [AlertTransition] { evaluator.evaluate(upTo: limit) }

    /// Whether `advance(to:)` would evaluate anything at this time.
    package func isEvaluationDue(at clock: Int64) -> Bool { evaluator.isDue(at: clock) }

    /// Takes a reading of the clock by which no rule is evaluated: others might be, in a replay of a recording.
    /// Attributes what has settled.
    package func note(clock: Int64) {
        guard attribution.isDue(at: clock) else { return intake.note(ClockReading(clock)) }
        attribution.settle(at: clock, intake.look(at: clock), into: intake)
    }

    /// Takes a reading of the clock that doesn't follow from the one before, as the clock was set or the process stood
    /// still. Evaluation begins anew there: the times in between are never evaluated, and where the clock was set back, what
    /// came of later times counts among all that came but in no range any more. Alerts go on as after a restart.
    package func jump(to clock: Int64) { evaluator.jump(to: clock) }

    // MARK: Rules

    /// The rules and their alerts, as the last evaluation left them.
    package var evaluation: EvaluationSnapshot { evaluator.snapshot }

    /// The pending and firing alerts for the next process; nil before the first evaluation.
    package func savedAlerts() -> SavedAlerts? { evaluator.savedAlerts() }

    /// Takes new rules for the old; returns the alerts of rules that are gone, which resolve.
    package func replaceRules(_ groups: [RuleGroup]) -> [Alert] { evaluator.replaceRules(groups) }

    // MARK: Reading

    package func view() -> WindowView { intake.view() }

    package func summary() -> PipelineSummary {
        intake.summary(componentNames: attribution.components.names)
    }

    /// What became of the spans that were received.
    package func counts() -> (spans: SpanCounts, unattributed: UnattributedSpans) { intake.counts() }

    /// The summary with all slots attributed, by what has come.
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
        let kept = evaluator.pinned(trace)
        return spans.count >= kept.spans.count ? NamedSpans(spans, view.operations) : kept
    }

    package func windowGauges() -> WindowGauges { intake.gauges(attributionBytes: attribution.byteCount) }

    /// By whom the places for names are taken.
    package func namePlaces() -> (operations: NamePlacesUse, requests: NamePlacesUse) { intake.namePlaces() }
}
