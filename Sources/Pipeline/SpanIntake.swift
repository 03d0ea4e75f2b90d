import Engine
import Synchronization

/// The window and the way into it. One short lock, held to copy rows, to look, and never while anything is computed.
final class SpanIntake: Sendable {
    private struct State: ~Copyable {
        var window: Window
        var counts = SpanCounts()
        /// Spans that end before it come late: their time has been evaluated.
        var evaluatedUpTo = Int64.min
    }

    private let state: Mutex<State>
    private let folder = HistoryFolder()
    private let onClock: (@Sendable (ClockReading) -> Void)?

    /// - Parameter onClock: is told each reading of the clock that anything is done by, in one order with what is
    ///   appended; a lock is held meanwhile.
    init(limits: WindowLimits, selecting names: SelectedNames, onClock: (@Sendable (ClockReading) -> Void)?) {
        var window = Window(limits: limits)
        window.select(names)
        state = Mutex(State(window: window))
        self.onClock = onClock
    }

    // MARK: Spans

    /// - Parameter inOrder: is called under the lock, so that its calls have the order of what is appended.
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
            folder.foldIfNobodyDoes(from: self)
        }
        outcome.rejections.add(batch.rejections)
        return outcome
    }

    /// Gives up the oldest of the window: so many bytes, as far as there are other slots than the newest.
    ///
    /// - Returns: bytes given up.
    func giveUp(bytes: Int) -> Int {
        let given = state.withLock { $0.window.evict(above: $0.window.byteCount - bytes) }
        if given > 0 { folder.fold(from: self) }
        return given
    }

    func followRecording() { state.withLock { $0.window.followRecording() } }

    func select(_ names: SelectedNames) { state.withLock { $0.window.select(names) } }

    /// Puts attributions beside their slots.
    func attach(_ settled: [(slot: Int64, attribution: SlotAttribution)]) {
        state.withLock { state in
            for (slot, attribution) in settled { state.window.attach(attribution, toSlotFrom: slot) }
        }
    }

    // MARK: History

    /// What left the window and is due in its history, with the history that it isn't in yet; nil where nothing is due.
    func due() -> (evicted: EvictedSpans, history: History)? {
        state.withLock { state in
            state.window.evicted.isDue ? (state.window.evicted, state.window.history) : nil
        }
    }

    /// - Parameter evicted: what the new history has more than the old one.
    func replaceHistory(with history: History, including evicted: EvictedSpans) {
        // What it replaces is freed by the caller, not under the lock.
        _ = state.withLock { $0.window.replaceHistory(with: history, including: evicted) }
    }

    // MARK: The clock

    /// Tells a reading of the clock by which nothing is looked at.
    func note(_ reading: ClockReading) {
        guard let onClock else { return }
        state.withLock { _ in onClock(reading) }
    }

    /// The window at a reading of the clock, and what part of its memory it takes. Whatever depends on the clock starts
    /// from this view, so that a replay of a recording does the same.
    ///
    /// - Parameter evaluating: a time that is evaluated now, by what the look shows.
    func look(at clock: Int64, evaluating time: Int64? = nil) -> (view: WindowView, load: Double) {
        state.withLock { state in
            if let time { state.evaluatedUpTo = max(state.evaluatedUpTo, time) }
            onClock?(ClockReading(clock))
            return (state.window.view(), Double(state.window.byteCount) / Double(state.window.limits.bytesMax))
        }
    }

    /// The clock was set: evaluation goes on from `time`, and where that is back, what came of later times is in no range
    /// any more.
    func jump(to clock: Int64, evaluatingFrom time: Int64, isBack: Bool) {
        folder.whileNobodyFolds(from: self, foldingFirst: isBack) {
            state.withLock { state in
                if isBack { state.window.setBack(to: clock) }
                state.evaluatedUpTo = time
                onClock?(ClockReading(clock, isJump: true))
            }
        }
    }

    // MARK: Reading

    func view() -> WindowView { state.withLock { $0.window.view() } }

    func summary(componentNames: [String]) -> PipelineSummary {
        let (view, totals, counts, unattributed) = state.withLock {
            ($0.window.wholeView(), $0.window.totals, $0.counts, $0.window.unattributed)
        }
        return PipelineSummary(
            view: view, totals: totals, counts: counts, unattributed: unattributed, componentNames: componentNames)
    }

    func counts() -> (spans: SpanCounts, unattributed: UnattributedSpans) {
        state.withLock { ($0.counts, $0.window.unattributed) }
    }

    func gauges(attributionBytes: Int) -> WindowGauges {
        state.withLock {
            WindowGauges(
                spans: $0.window.spanCount, bytes: $0.window.byteCount, bytesHeld: $0.window.bytesHeld,
                oldest: $0.window.oldest,
                operations: NameGauges($0.window.operations), requests: NameGauges($0.window.requests),
                historyBytes: $0.window.history.byteCount, historyOldest: $0.window.history.oldest,
                unattributed: $0.window.unattributed, attributionBytes: attributionBytes)
        }
    }

    func namePlaces() -> (operations: NamePlacesUse, requests: NamePlacesUse) {
        state.withLock { ($0.window.operations.placesUse, $0.window.requests.placesUse) }
    }
}

/// Adds to the history what left the window. The buckets are counted without the window's lock, by one thread at a time.
final class HistoryFolder: Sendable {
    private let folding = Mutex(())

    func fold(from intake: SpanIntake) {
        folding.withLock { _ in addAll(from: intake) }
    }

    /// Where another thread is at it, it takes these too, or the next to append does; until then views have them.
    func foldIfNobodyDoes(from intake: SpanIntake) {
        _ = folding.withLockIfAvailable { _ in addAll(from: intake) }
    }

    /// Does something that must not come between a history and what it is replaced with.
    func whileNobodyFolds(from intake: SpanIntake, foldingFirst: Bool, _ body: () -> Void) {
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
