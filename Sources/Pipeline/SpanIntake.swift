import Engine
import Synchronization

/// The window and everything that enters it, behind one short lock: held to copy rows or take a view, never during a
/// computation.
final class SpanIntake: Sendable {
    private struct State: ~Copyable {
        var window: Window
        var counts = SpanCounts()
        /// Spans that end before this are late: their time has been evaluated.
        var evaluatedUpTo = Int64.min
        /// Whether the readings of the clock that count are those of a recording.
        var followsRecording = false
    }

    private let state: Mutex<State>
    private let folder = HistoryFolder()
    private let onClock: (@Sendable (ClockReading) -> Void)?

    /// - Parameter onClock: called with each clock reading that has an effect, in one order with the appended batches,
    ///   while the lock is held.
    init(limits: WindowLimits, selecting names: SelectedNames, onClock: (@Sendable (ClockReading) -> Void)?) {
        var window = Window(limits: limits)
        window.select(names)
        state = Mutex(State(window: window))
        self.onClock = onClock
    }

    // MARK: Spans

    /// - Parameter inOrder: called under the lock, so that calls have the order of the appended batches.
    func append(_ batch: borrowing SpanBatch, arrival: Int64, inOrder: () -> Void) -> AppendOutcome {
        var (outcome, isDue, isTooMuch) = state.withLock { state in
            let outcome = state.window.append(batch, arrival: arrival, evaluatedUpTo: state.evaluatedUpTo)
            state.counts.add(outcome, batch)
            inOrder()
            let evicted = state.window.evicted
            return (outcome, evicted.isDue, evicted.isTooMuch(windowBytesMax: state.window.limits.bytesMax))
        }
        if isTooMuch {
            folder.fold(from: self)
        } else if isDue {
            folder.foldIfIdle(from: self)
        }
        outcome.rejections.add(batch.rejections)
        return outcome
    }

    /// Evicts the oldest slots until `bytes` are free, but never the newest slot.
    ///
    /// - Returns: bytes freed.
    func evict(bytes: Int) -> Int {
        let given = state.withLock { $0.window.evict(bytes: bytes) }
        if given > 0 { folder.fold(from: self) }
        return given
    }

    func followRecording(keepingAged: Bool) {
        state.withLock { state in
            state.followsRecording = true
            state.window.followRecording(keepingAged: keepingAged)
        }
    }

    /// Spans that end before this are late, Unix nanoseconds.
    var evaluatedUpTo: Int64 { state.withLock { $0.evaluatedUpTo } }

    func evaluated(upTo time: Int64) { state.withLock { $0.evaluatedUpTo = time } }

    func followCorrectedClocks() { state.withLock { $0.window.followCorrectedClocks() } }

    func set(clockOffsets offsets: [SourceLabels: Int64]) { state.withLock { $0.window.set(clockOffsets: offsets) } }

    func select(_ names: SelectedNames) { state.withLock { $0.window.select(names) } }

    /// Stores attributions with their slots.
    func attach(_ settled: [SettledSlot]) {
        state.withLock { state in
            for slot in settled { state.window.attach(slot) }
        }
    }

    /// Stores summaries with their slots.
    func attach(_ summaries: [SlotSummaries]) {
        guard !summaries.isEmpty else { return }
        state.withLock { state in
            for summaries in summaries { state.window.attach(summaries) }
        }
    }

    // MARK: History

    /// Evicted spans to add to the history, with the history to add them to; nil if nothing is due, or if some of them still
    /// wait for their attribution.
    func due() -> (evicted: EvictedSpans, history: History)? {
        state.withLock { state in
            state.window.evicted.isDue && !state.window.isAwaiting ? (state.window.evicted, state.window.history) : nil
        }
    }

    /// - Parameter evicted: the spans that the new history has and the old one lacks.
    func replaceHistory(with history: History, including evicted: EvictedSpans) {
        // The caller frees the old history, outside the lock.
        _ = state.withLock { $0.window.replaceHistory(with: history, including: evicted) }
    }

    // MARK: The clock

    /// Reports a clock reading at which no view is taken.
    func note(_ reading: ClockReading) {
        state.withLock { read(reading, &$0) }
    }

    /// In the replay of a recording: call for each reading that it has, before acting on it.
    func takeRecordedReading() { state.withLock { $0.window.countResults() } }

    private func read(_ reading: ClockReading, _ state: inout State) {
        if !state.followsRecording { state.window.countResults() }
        onClock?(reading)
    }

    /// The window when the clock reads `clock`, and the fraction of its memory in use. Everything that depends on the
    /// clock starts from this view, so that the replay of a recording does the same.
    ///
    /// - Parameters:
    ///   - time: the time that is about to be evaluated with this view.
    ///   - isAttributing: whether slots of this view are about to be attributed for good, until `endAttributing`.
    func view(
        at clock: Int64, evaluating time: Int64? = nil, isAttributing: Bool = false
    ) -> (view: WindowView, load: Double) {
        state.withLock { state in
            if let time { state.evaluatedUpTo = max(state.evaluatedUpTo, time) }
            read(ClockReading(clock), &state)
            state.window.keepViews()
            if isAttributing { state.window.awaitAttributions() }
            return (state.window.view(), state.window.load)
        }
    }

    func endAttributing() { state.withLock { $0.window.endAwaiting() } }

    /// The fraction of the window's memory in use.
    var load: Double { state.withLock { $0.window.load } }

    /// The clock jumped. Evaluation continues from `time`; if that is earlier, spans of later times no longer count in
    /// any range.
    func jump(to clock: Int64, evaluatingFrom time: Int64, isBack: Bool) {
        folder.withFoldingPaused(from: self, foldingFirst: isBack) {
            state.withLock { state in
                if isBack { state.window.setBack(to: clock) }
                state.evaluatedUpTo = time
                read(ClockReading(clock, isJump: true), &state)
            }
        }
    }

    // MARK: Reading

    func view() -> WindowView { state.withLock { $0.window.view() } }

    func summary(componentNames: [String]) -> PipelineSummary {
        let (view, totals, sources, counts, unattributed) = state.withLock {
            ($0.window.wholeView(), $0.window.totals, $0.window.sources, $0.counts, $0.window.unattributed)
        }
        return PipelineSummary(
            view: view, totals: totals, sources: sources, counts: counts, unattributed: unattributed,
            componentNames: componentNames)
    }

    func counts() -> (spans: SpanCounts, unattributed: UnattributedSpans) {
        state.withLock { ($0.counts, $0.window.unattributed) }
    }

    func sources() -> SourceTable { state.withLock { $0.window.sources } }

    func gauges(attribution: AttributionGauges) -> WindowGauges {
        state.withLock {
            WindowGauges(
                spans: $0.window.spanCount, bytes: $0.window.byteCount, bytesHeld: $0.window.bytesHeld,
                oldest: $0.window.oldest,
                operations: NameGauges($0.window.operations), requests: NameGauges($0.window.requests),
                sources: NameGauges($0.window.sources), clustersOverflowed: $0.window.clusters.overflowed,
                overflowedTexts: $0.window.overflowedTexts,
                historyBytes: $0.window.history.byteCount, historyOldest: $0.window.history.oldest,
                setBack: $0.window.setBackCount,
                unattributed: $0.window.unattributed, attribution: attribution)
        }
    }

    func namePlaces() -> (operations: NamePlacesUse, requests: NamePlacesUse, sources: NamePlacesUse) {
        state.withLock {
            ($0.window.operations.placesUse, $0.window.requests.placesUse, $0.window.sources.placesUse)
        }
    }
}

/// Adds evicted spans to the history. Buckets are counted without the window's lock, by one thread at a time.
final class HistoryFolder: Sendable {
    private let folding = Mutex(())

    func fold(from intake: SpanIntake) {
        folding.withLock { _ in addAll(from: intake) }
    }

    /// If another thread is folding, leave it to that thread, or to the next append. Views count these spans meanwhile.
    func foldIfIdle(from intake: SpanIntake) {
        _ = folding.withLockIfAvailable { _ in addAll(from: intake) }
    }

    /// Runs `body` while no thread is between reading the history and replacing it.
    func withFoldingPaused(from intake: SpanIntake, foldingFirst: Bool, _ body: () -> Void) {
        folding.withLock { _ in
            if foldingFirst { addAll(from: intake) }
            body()
        }
    }

    private func addAll(from intake: SpanIntake) {
        while let (due, before) = intake.due() {
            var history = before
            history.add(due)
            intake.replaceHistory(with: history, including: due)
        }
    }
}
