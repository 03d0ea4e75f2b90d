import Support

/// The columnar in-memory window: spans by the time of their end, in slots of five seconds.
///
/// Not thread-safe: callers hold one lock while they append a batch or take a view. It has no clock.
package struct Window: ~Copyable {
    package let limits: WindowLimits
    private var names: WindowNames
    package private(set) var totals: CumulativeTotals
    package private(set) var history: History
    /// Evicted spans that are still to be added to the history.
    package private(set) var evicted = EvictedSpans()

    /// How long spans stay, nanoseconds.
    private var duration: Int64?
    /// Slots that left by age but stay for a replay's report; nil outside the replay of a recording.
    private var aged: AgedSlots?

    /// Spans that count in the totals only, since the clock was set back past their ends.
    package private(set) var setBackCount = 0

    /// Spans that attribution can no longer include.
    package private(set) var unattributed = UnattributedSpans()
    package private(set) var overflowedTexts = OverflowedTexts()

    private var held: SlotSequence
    /// The number of the first slot that has not been evicted.
    private var horizon = Int64.min
    private var lookAhead = IndexLookAhead()
    /// Unattributed slots that left since `awaitAttributions`; nil if none is being attributed.
    private var awaited: Set<Int64>?
    private let seed: UInt64

    package init(limits: WindowLimits, seed: UInt64 = ByteHash.seed) {
        self.limits = limits
        duration = limits.duration
        self.seed = seed
        held = SlotSequence(slotBytesMax: limits.slotBytesMax, seed: seed)
        names = WindowNames(limits)
        history = History(limits: limits.history)
        totals = CumulativeTotals(isScraped: limits.isEndless)
    }

    package var byteCount: Int { held.byteCount }
    package var spanCount: Int { held.spanCount }
    package var operations: OperationTable { names.operations }
    package var requests: RequestTable { names.requests }
    package var sources: SourceTable { names.sources }
    package var clusters: ClusterTable { names.clusters }

    /// Appends a batch that arrived at a time (Unix nanoseconds).
    ///
    /// - Parameter evaluatedUpTo: spans that end before this count as late.
    package mutating func append(_ batch: borrowing SpanBatch, arrival: Int64, evaluatedUpTo: Int64) -> AppendOutcome {
        forgetNames(at: arrival)
        let translation = names.translate(batch)
        if !batch.notes.isEmpty { names.addNotes(of: batch, translation) }
        let areClocksOff = names.observeClocks(of: batch, translation, arrival: arrival)
        totals.reserve(operations: operations.labels.count, requests: requests.labels.count)
        if let duration {
            horizon = max(horizon, Self.slotNumber(arrival.subtractingSaturating(duration)))
        }
        evicted.arrived(at: arrival)
        var outcome = AppendOutcome()
        let latestEnd = arrival.addingSaturating(limits.futureMax)
        for index in 0..<batch.count {
            if index % IndexLookAhead.rowsMax == 0 { lookAhead.take(batch, from: index, slots: held.slots, seed: seed) }
            var row = batch.columns.row(index)
            let source = translation.source(row.source)
            if areClocksOff { row.start = max(row.start &- sources.clockOffset(source), 1) }
            let end = row.start &+ row.duration
            guard end <= latestEnd else {
                outcome.rejections[.inFuture] += 1
                continue
            }
            row.operation = translation.operation(row.operation)
            row.request = translation.request(row.request)
            let message = row.flags.message
            row.flags.cluster = translation.cluster(ofSource: row.source)
            row.source = source
            guard
                add(row, bucket: batch.columns.bucket[index], hash: lookAhead[index], end: end, message, of: batch)
            else {
                outcome.duplicates += 1
                continue
            }
            outcome.accepted += 1
            if end < evaluatedUpTo {
                outcome.late += 1
                names.countLate(source, by: arrival.subtractingSaturating(end))
            }
        }
        evict()
        return outcome
    }

    /// A snapshot for readers. Costs time proportional to slots, not spans.
    package func view() -> WindowView {
        WindowView(
            slots: held.slots.map(\.view), horizon: horizon == .min ? .min : horizon * Self.slotWidth,
            operations: operations.labels, operationBirths: operations.births, requests: requests.labels,
            requestBirths: requests.births, sources: names.sources.labels, lateSpans: sources.late,
            sampling: sources.sampling, history: history, evicted: evicted)
    }

    /// Keeps the views of slots, so that those that don't change are the same objects in later views.
    package mutating func keepViews() { held.keepViews() }

    /// Call before appending a daemon's recording: spans then leave by age as they did there.
    ///
    /// - Parameter keepingAged: whether `wholeView` still has them.
    package mutating func followRecording(keepingAged: Bool = true) {
        guard aged == nil, let recorded = limits.recordedDuration else { return }
        duration = recorded
        if keepingAged { aged = AgedSlots() }
    }

    /// Call before a replay by event time, in which clocks are corrected before their spans are appended.
    package mutating func followCorrectedClocks() { names.followCorrectedClocks() }

    /// Sets how far the clocks of corrected spans were ahead, nanoseconds.
    package mutating func set(clockOffsets offsets: [SourceLabels: Int64]) { names.set(clockOffsets: offsets) }

    /// The view for a report: everything, with slots that left by age still whole.
    package func wholeView() -> WindowView {
        guard let aged, !aged.areIncomplete else { return view() }
        return WindowView(
            slots: (aged.slots + held.slots).map(\.view), horizon: .min, operations: operations.labels,
            operationBirths: operations.births, requests: requests.labels, requestBirths: requests.births,
            sources: names.sources.labels, lateSpans: sources.late, sampling: sources.sampling, history: History(),
            evicted: EvictedSpans())
    }

    /// The start of the oldest slot still held, Unix nanoseconds; nil if the window is empty.
    package var oldest: Int64? { held.slots.first.map { $0.number * Self.slotWidth } }

    /// Stores a slot's attribution, if the slot is still there.
    package mutating func attach(_ settled: SettledSlot) {
        let number = Self.slotNumber(settled.start)
        guard let slot = held.slot(number) else {
            if awaited?.remove(number) != nil, let slot = evicted.attach(settled) {
                count(settled, of: slot)
            } else {
                _ = aged?.attach(settled.attribution, toSlot: number)
            }
            return
        }
        guard slot.attribution == nil else { return }
        held.changeResults(ofSlot: number) { slot in
            slot.attach(settled.attribution)
            if let summary = settled.made.summary { slot.attach(summary) }
        }
        if let changed = held.slot(number) { count(settled, of: changed.view) }
    }

    private mutating func count(_ settled: SettledSlot, of slot: SlotView) {
        totals.countSettled(slot)
        names.count(settled.attribution.sampled?.members ?? [])
    }

    /// Stores the summaries of a slot, if it is still in the window.
    package mutating func attach(_ summaries: SlotSummaries) {
        held.changeResults(ofSlot: Self.slotNumber(summaries.slot)) { slot in
            if let rows = summaries.rows { slot.attach(rows) }
            if let attribution = summaries.attribution { slot.attach(attribution) }
        }
    }

    // MARK: What a replay repeats

    /// The fraction of its memory in use.
    package var load: Double { Double(held.countedByteCount) / Double(limits.bytesMax) }

    /// Counts the attributions and summaries that are there against the limit. Call at each reading of the clock: in a
    /// daemon they are stored at any time until the next one, but what is evicted must be the same in a replay.
    package mutating func countResults() { held.countResults() }

    /// Slots that leave before `endAwaiting` may still get an attribution: one that is being made of the window as it is now.
    package mutating func awaitAttributions() {
        endAwaiting()
        awaited = []
    }

    /// Whether evicted slots should wait for their attributions, since the history counts requests by them.
    package var isAwaiting: Bool { awaited?.isEmpty == false && evicted.mayWait(windowBytesMax: limits.bytesMax) }

    package mutating func endAwaiting() {
        guard let awaited else { return }
        self.awaited = nil
        for slot in evicted.slots where awaited.contains(Self.slotNumber(slot.start)) { countUnattributed(slot) }
    }

    // MARK: Appending

    /// - Parameter message: the batch's number for its status message, plus one.
    /// - Returns: false if the span is a duplicate.
    @inline(__always)
    private mutating func add(
        _ row: SpanRow, bucket: UInt16, hash: UInt64, end: Int64, _ message: UInt8, of batch: borrowing SpanBatch
    ) -> Bool {
        let number = Self.slotNumber(end)
        var isFinal = true
        if number < horizon {
            evicted.add(HistoryRow(row, bucket: bucket))
            let isAttributable = aged?.add(
                row, bucket: bucket, hash: hash, seed: seed, toSlot: number, new: held.emptySlot(number))
            if isAttributable != true { unattributed.evicted += 1 }
        } else {
            let (outcome, isAttributed) = held.insert(row, bucket: bucket, hash: hash, intoSlot: number)
            switch outcome {
            case .added:
                if message > 0 { noteText(Int(message) - 1, of: batch) }
                isFinal = isAttributed
                if isFinal { unattributed.settled += 1 }
            case .duplicate:
                return false
            case .full:
                unattributed.full += 1
                evicted.add(HistoryRow(row, bucket: bucket))
                aged?.evictAll()
            }
        }
        totals.count(row, bucket: bucket, isFinal: isFinal)
        names.count(row, end: end)
        return true
    }

    /// Notes one of a batch's texts about the span that was added last.
    @inline(never)
    private mutating func noteText(_ number: Int, of batch: borrowing SpanBatch) {
        let isWebhook = batch.isWebhook(number)
        let isKept = batch.withMessage(number) { held.noteLast($0, isWebhook: isWebhook) }
        if !isKept { overflowedTexts.count(isWebhook: isWebhook) }
    }

    // MARK: Evicting the oldest

    /// Depends on nothing but the appended batches and the readings of the clock, so that a replay evicts the same.
    private mutating func evict() { evict(above: limits.bytesMax) }

    /// Bytes of evicted columns that a reader still holds or that wait for the history.
    package var bytesHeld: Int { held.bytesHeld }

    /// Evicts the oldest slots until `bytes` are free, but never the newest.
    ///
    /// - Returns: bytes freed.
    package mutating func evict(bytes: Int) -> Int { evict(above: held.countedByteCount - bytes) }

    /// Evicts the oldest slots until the rest take at most `bytesMax`, but never the newest.
    ///
    /// - Returns: bytes freed.
    @discardableResult
    private mutating func evict(above bytesMax: Int) -> Int {
        let before = byteCount
        while let first = held.slots.first,
            first.number < horizon || held.countedByteCount > bytesMax && held.slots.count > 1
        {
            let slot = held.removeFirst()
            if slot.attribution == nil, awaited?.insert(slot.number) == nil { countUnattributed(slot.view) }
            horizon = max(horizon, slot.number + 1)
            evicted.add(SlotView(slot), byteCount: slot.byteCount)
            aged?.add(slot)
        }
        aged?.trim(to: limits.bytesMax - min(held.byteCount, limits.bytesMax))
        return before - byteCount
    }

    private mutating func countUnattributed(_ slot: SlotView) {
        unattributed.evicted += slot.count
        totals.countSettled(slot)
    }

    // MARK: Names

    /// When places are scarce, forgets names that nothing is held under any more.
    private mutating func forgetNames(at arrival: Int64) {
        guard limits.isEndless, names.isForgettingDue(at: arrival) else { return }
        let oldestInWindow = oldest ?? .max
        let oldestHeld = min(oldestInWindow, history.oldestHeld ?? .max, evicted.oldestHeld ?? .max)
        names.forget(at: arrival, &totals, oldestHeld: oldestHeld, oldestInWindow: oldestInWindow)
    }

    /// Sets what rules select by exact names; places are reserved for it.
    package mutating func select(_ selected: SelectedNames) { names.select(selected) }

    // MARK: A clock that is set back

    /// Handles a clock that was set back to a time (Unix nanoseconds). Spans of later times still count in the totals,
    /// but not when those times come round again, which are measured by the spans that arrive then.
    package mutating func setBack(to clock: Int64) {
        foldEvicted()
        evictSlots(after: Self.slotNumber(clock))
        setBackCount += history.setBack(to: clock)
        evicted.setBack(to: clock, newestMinute: history.newestMinute)
        let byAge = limits.duration.map { Self.slotNumber(max(clock.subtractingSaturating($0), 0)) } ?? .min
        let known = history.newestMinute
        let byHistory = known == .min ? .min : Self.slotNumber(HistoryTime.start(ofMinute: known + 1))
        horizon = min(horizon, max(byAge, byHistory))
    }

    /// Moves the slots after a given one out of the window.
    private mutating func evictSlots(after newest: Int64) {
        aged?.evictAll()
        while let number = held.slots.last?.number, number > newest {
            let slot = held.removeLast()
            if slot.attribution == nil { countUnattributed(slot.view) }
            setBackCount += slot.count
            evicted.add(beyond: SlotView(slot), byteCount: slot.byteCount)
        }
    }

    // MARK: History

    /// Replaces the history with one that includes `evicted`, and drops those spans from the queue.
    ///
    /// - Returns: the old history, to be freed outside the lock.
    package mutating func replaceHistory(with history: History, including evicted: EvictedSpans) -> History {
        let before = self.history
        self.history = history
        remove(evicted)
        return before
    }

    /// Adds evicted spans to the history, for callers that hold no contended lock.
    package mutating func foldEvicted() {
        let folded = evicted
        history.add(folded)
        remove(folded)
    }

    private mutating func remove(_ folded: EvictedSpans) {
        for slot in folded.slots where awaited?.remove(Self.slotNumber(slot.start)) != nil {
            countUnattributed(slot)
        }
        evicted.remove(folded)
    }
}
