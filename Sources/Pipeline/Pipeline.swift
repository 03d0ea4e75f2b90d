package import Engine
package import Rules

/// The path of spans in the daemon, in a replay and in rule tests: batches enter the window (`SpanIntake`), evicted
/// spans go to the history (`HistoryFolder`), and rules are evaluated as time passes (`Evaluator`). It has no clock of
/// its own: callers pass arrival times and clock readings.
package final class Pipeline: Sendable {
    let intake: SpanIntake
    let evaluator: Evaluator
    let attribution: WindowAttribution
    private let earlier = EarlierSlots()
    /// Which services have which role.
    package let services: ServiceNames

    /// - Parameters:
    ///   - evaluationDelay: how long after a time it is evaluated, nanoseconds. Exporters hold spans for up to five
    ///     seconds, and transport takes some more.
    ///   - notifiesOfIncidents: whether transitions include the notifications of incidents, each of which is an alert.
    ///   - usesCores: whether an evaluation may take several cores, because nothing else needs them.
    ///   - onClock: called with each clock reading that has an effect, in one order with the appended batches, while a
    ///     lock is held.
    ///   - onEvaluation: called with the time of each evaluation and the rules after it, while a lock is held.
    package init(
        rules: RuleEvaluator, limits: WindowLimits, evaluationDelay: Int64 = 10_000_000_000,
        attribution settings: AttributionSettings = AttributionSettings(), notifiesOfIncidents: Bool = false,
        usesCores: Bool = false, onClock: (@Sendable (ClockReading) -> Void)? = nil,
        onEvaluation: (@Sendable (_ time: Int64, _ rules: RuleEvaluator) -> Void)? = nil
    ) {
        var limits = limits
        services = limits.services
        // Evaluation runs late, and a rule's whole range must still be in the window then.
        let margin = evaluationDelay + 2 * Window.slotWidth
        limits.duration = limits.duration.map { $0 + margin }
        limits.recordedDuration = limits.recordedDuration.map { $0 + margin }
        intake = SpanIntake(limits: limits, selecting: rules.selectedNames, onClock: onClock)
        attribution = WindowAttribution(settings, summaryRowsMin: limits.summaryRowsMin)
        evaluator = Evaluator(
            rules, over: intake, attribution: attribution, earlier: earlier, delay: evaluationDelay,
            notifiesOfIncidents: notifiesOfIncidents, usesCores: usesCores, onEvaluation: onEvaluation)
    }

    // MARK: Restarts

    /// Takes what an earlier process counted as part of what is usual. Call before the first spans.
    package func remember(_ records: [SlotRecord]) {
        earlier.set(RememberedSlots(records, components: components.names))
    }

    /// Continues the alerts of an earlier process. Call before the first evaluation.
    ///
    /// - Parameter clock: when this process started, Unix nanoseconds.
    /// - Returns: how many alerts continue.
    @discardableResult
    package func restore(_ saved: SavedAlerts, at clock: Int64) -> Int { evaluator.restore(saved, at: clock) }

    /// What the next process should remember of the settled slots that begin after a time (Unix nanoseconds).
    package func records(after start: Int64) -> [SlotRecord] {
        SlotRecord.all(of: view(), after: start, components: components.names)
    }

    // MARK: Spans

    /// Call before appending a daemon's recording: rules then see what they saw in the daemon.
    ///
    /// - Parameter keepingAged: whether slots that leave by age stay for the report.
    package func followRecording(keepingAged: Bool = true) { intake.followRecording(keepingAged: keepingAged) }

    /// In the replay of a daemon's recording: call for each reading of the clock that it has, before acting on it.
    package func takeRecordedReading() { intake.takeRecordedReading() }

    /// Keeps the spans of a further run of the daemon for the report, while another pipeline evaluates the rules.
    ///
    /// - Parameters:
    ///   - run: the other pipeline, which has taken the reading of the clock.
    ///   - earlier: the rules at the end of the earlier runs.
    package func follow(_ run: Pipeline, at clock: Int64, after earlier: EvaluationSnapshot?) {
        intake.evaluated(upTo: run.intake.evaluatedUpTo)
        note(clock: clock)
        evaluator.publish(run.evaluation.after(earlier))
    }

    /// Call before a replay by event time: a time without any spans then counts as a gap in the files, and clocks are
    /// corrected before spans are appended.
    package func followEventTime() {
        evaluator.followEventTime()
        intake.followCorrectedClocks()
    }

    /// Sets how far clocks were ahead of which the spans are corrected, nanoseconds.
    package func set(clockOffsets offsets: [SourceLabels: Int64]) { intake.set(clockOffsets: offsets) }

    /// Appends a decoded batch that arrived at a time (Unix nanoseconds). The lock is held only for the copy.
    ///
    /// - Parameter inOrder: called under the lock, so that calls have the order of the appended batches.
    package func append(_ batch: borrowing SpanBatch, arrival: Int64, inOrder: () -> Void = {}) -> AppendOutcome {
        intake.append(batch, arrival: arrival, inOrder: inOrder)
    }

    /// Evicts the oldest slots until `bytes` are free, but never the newest slot: for a process that exceeds its memory
    /// limit.
    ///
    /// - Returns: bytes freed.
    package func evictSpans(bytes: Int) -> Int { intake.evict(bytes: bytes) }

    // MARK: As time passes

    /// Evaluates the rules for every time that is due at `clock` (Unix nanoseconds).
    package func advance(to clock: Int64) -> [AlertTransition] { evaluate(upTo: evaluator.time(at: clock)) }

    /// Evaluates the rules for every time up to `limit`: for the end of a replay, when nothing more can arrive.
    package func evaluate(upTo limit: Int64) -> [AlertTransition] { evaluator.evaluate(upTo: limit) }

    /// Whether `advance(to:)` would evaluate anything at this time.
    package func isEvaluationDue(at clock: Int64) -> Bool { evaluator.isDue(at: clock) }

    /// Takes a clock reading at which no rule is due here, though one may be due in a replay of the recording.
    /// Attributes the slots that have settled.
    package func note(clock: Int64) {
        guard attribution.isDue(at: clock) else { return intake.note(ClockReading(clock)) }
        var window = WindowAccess(intake)
        _ = window.settledView(at: clock, by: attribution)
    }

    /// Takes a clock reading that doesn't follow from the last one, because the clock was set or the process was
    /// stopped. Evaluation restarts there and never evaluates the times in between. If the clock was set back, spans of
    /// later times still count in the totals but in no range. Alerts continue as after a restart.
    package func jump(to clock: Int64) { evaluator.jump(to: clock) }

    // MARK: Rules

    /// The rules and their alerts after the last evaluation.
    package var evaluation: EvaluationSnapshot { evaluator.snapshot }

    /// The pending and firing alerts, for the next process; nil before the first evaluation.
    package func savedAlerts() -> SavedAlerts? { evaluator.savedAlerts() }

    /// Replaces the rules. Returns the alerts of rules that are gone; these resolve.
    package func replaceRules(_ groups: [RuleGroup]) -> [Alert] { evaluator.replaceRules(groups) }

    // MARK: Reading

    package func view() -> WindowView { intake.view() }

    package func summary() -> PipelineSummary {
        intake.summary(componentNames: attribution.components.names)
    }

    /// Received spans by outcome.
    package func counts() -> (spans: SpanCounts, unattributed: UnattributedSpans) { intake.counts() }

    /// The sources of all spans since the start.
    package func sources() -> SourceTable { intake.sources() }

    /// The summary with all slots attributed with the spans they have so far.
    package func attributedSummary() -> PipelineSummary {
        var summary = summary()
        summary.view = attribution.attributed(summary.view)
        earlier.attach(to: &summary.view)
        return summary
    }

    /// Whether enough is known to compare the half minute before a time with; Unix nanoseconds.
    package func hasBaseline(at time: Int64) -> Bool {
        var view = view()
        earlier.attach(to: &view)
        return view.hasBaseline(at: time)
    }

    /// Which spans belong to which component.
    package var components: ComponentTable { attribution.components }

    /// How much time of settled requests each component took, since the start.
    package func componentTotals() -> ComponentTotals { attribution.totals }

    /// The spans of a trace in order of start, with the operations that they refer to. Traces of active alerts stay
    /// complete after the window has evicted them.
    package func trace(_ trace: TraceID) -> NamedSpans {
        let view = view()
        let spans = view.spans(of: [trace])[0]
        let kept = evaluator.pinned(trace)
        return spans.count >= kept.spans.count ? NamedSpans(spans, view) : kept
    }

    /// The traces that active alerts and open incidents name.
    package func namedTraces() -> Set<TraceID> { evaluator.namedTraces }

    package func windowGauges() -> WindowGauges { intake.gauges(attribution: attribution.gauges) }

    /// How the tables of names are shared among their owners.
    package func namePlaces() -> (operations: NamePlacesUse, requests: NamePlacesUse, sources: NamePlacesUse) {
        intake.namePlaces()
    }
}
