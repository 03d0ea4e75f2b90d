/// The columnar in-memory window: spans by the time of their end, in slots of five seconds.
///
/// Not thread-safe: one lock is held around it while a batch is appended or a view is taken. It has no clock.
package struct Window: ~Copyable {
    package let limits: WindowLimits
    package private(set) var operations: OperationTable
    package private(set) var requests: RequestTable
    package private(set) var totals = CumulativeTotals()
    package private(set) var byteCount = 0
    package private(set) var spanCount = 0
    package private(set) var history: History
    /// What left the window and is still to be added to the history.
    package private(set) var retired = RetiredSpans()

    /// Spans that attribution can't take into account any more.
    package private(set) var unattributed = UnattributedSpans()

    /// In order of time.
    private var slots: [Slot] = []
    /// The number of the first slot that has not been given up.
    private var horizon = Int64.min
    private var lastUsed = 0
    private var lookAhead = IndexLookAhead()
    private var translations = NameTranslations()
    private let seed: UInt64

    /// Divides the usual evaluation intervals, so that a range seldom cuts a slot.
    package static let slotWidth: Int64 = 5_000_000_000

    package init(limits: WindowLimits, seed: UInt64 = ByteHash.seed) {
        self.limits = limits
        self.seed = seed
        operations = OperationTable(limit: limits.operationsMax)
        requests = RequestTable(limit: limits.requestsMax)
        history = History(limits: limits.history)
    }

    /// Appends a batch that arrived at a time (Unix nanoseconds).
    ///
    /// - Parameter evaluatedUpTo: spans that end before it count as late.
    package mutating func append(
        _ batch: borrowing SpanBatch, arrival: Int64, evaluatedUpTo: Int64
    ) -> AppendOutcome {
        let translation = translations.translate(batch, operations: &operations, requests: &requests)
        totals.reserve(operations: operations.labels.count, requests: requests.labels.count)
        if let duration = limits.duration {
            horizon = max(horizon, Self.slotNumber(arrival.subtractingSaturating(duration)))
        }
        retired.arrived(at: arrival)
        var outcome = AppendOutcome()
        let latestEnd = arrival.addingSaturating(limits.futureMax)
        for index in 0..<batch.count {
            if index % IndexLookAhead.rowsMax == 0 { lookAhead.take(batch, from: index, slots: slots, seed: seed) }
            var row = batch.columns.row(index)
            let end = row.start &+ row.duration
            guard end <= latestEnd else {
                outcome.rejections[.inFuture] += 1
                continue
            }
            row.operation = translation.operations[Int(row.operation)]
            row.request = translation.requests[Int(row.request)]
            guard add(row, bucket: batch.columns.bucket[index], hash: lookAhead[index], end: end) else {
                outcome.duplicates += 1
                continue
            }
            outcome.accepted += 1
            if end < evaluatedUpTo { outcome.late += 1 }
        }
        evict()
        return outcome
    }

    /// What readers need, taken in a time that grows with slots, not with spans.
    package func view() -> WindowView {
        WindowView(
            slots: slots.map { SlotView($0) }, horizon: horizon == .min ? .min : horizon * Self.slotWidth,
            operations: operations.labels, requests: requests.labels, history: history, retired: retired)
    }

    /// The start of the oldest slot still held, Unix nanoseconds; nil if the window is empty.
    package var oldest: Int64? { slots.first.map { $0.number * Self.slotWidth } }

    /// Keeps what attribution found out about a slot (by its start, Unix nanoseconds), if the slot is still there.
    package mutating func attach(_ attribution: SlotAttribution, toSlotFrom start: Int64) {
        guard let place = slots.firstIndex(where: { $0.number == Self.slotNumber(start) }) else { return }
        byteCount -= slots[place].byteCount
        slots[place].attach(attribution)
        byteCount += slots[place].byteCount
    }

    // MARK: Appending

    /// False if the span is there already.
    @inline(__always)
    private mutating func add(_ row: SpanRow, bucket: UInt16, hash: UInt64, end: Int64) -> Bool {
        let number = Self.slotNumber(end)
        if number < horizon {
            retired.add(HistoryRow(row, bucket: bucket))
        } else {
            let slot = slotIndex(number)
            let before = slots[slot].byteCount
            switch slots[slot].insert(row, bucket: bucket, hash: hash, seed: seed) {
            case .added:
                spanCount += 1
                byteCount += slots[slot].byteCount - before
                if slots[slot].attribution != nil { unattributed.late += 1 }
            case .duplicate:
                return false
            case .full:
                retired.add(HistoryRow(row, bucket: bucket))
            }
        }
        totals.count(row, bucket: bucket)
        if row.operation == OperationTable.overflow { operations.countOverflow(1) }
        return true
    }

    @inline(__always)
    private mutating func slotIndex(_ number: Int64) -> Int {
        if lastUsed < slots.count, slots[lastUsed].number == number { return lastUsed }
        lastUsed = findSlot(number)
        return lastUsed
    }

    @inline(never)
    private mutating func findSlot(_ number: Int64) -> Int {
        var low = 0
        var high = slots.count
        while low < high {
            let middle = (low + high) / 2
            if slots[middle].number < number { low = middle + 1 } else { high = middle }
        }
        if low == slots.count || slots[low].number != number {
            // As many as in the one before, if it is the newest: an index that grows while the lock is held takes
            // milliseconds.
            let slot = Slot(number: number, expected: low == slots.count ? slots.last?.count ?? 0 : 0)
            byteCount += slot.byteCount
            slots.insert(slot, at: low)
        }
        return low
    }

    @inline(__always)
    private static func slotNumber(_ time: Int64) -> Int64 {
        time / slotWidth
    }

    // MARK: Giving up the oldest

    private mutating func evict() {
        var gone = 0
        while gone < slots.count,
            slots[gone].number < horizon || byteCount > limits.bytesMax && gone + 1 < slots.count
        {
            byteCount -= slots[gone].byteCount
            spanCount -= slots[gone].count
            horizon = max(horizon, slots[gone].number + 1)
            if slots[gone].attribution == nil { unattributed.evicted += slots[gone].count }
            retired.add(SlotView(slots[gone]), byteCount: slots[gone].byteCount)
            gone += 1
        }
        guard gone > 0 else { return }
        slots.removeFirst(gone)
        lastUsed = 0
    }

    // MARK: History

    /// Takes a history to which spans that had left the window were added, and drops those spans.
    ///
    /// - Returns: the history before, to be freed without the lock.
    package mutating func replaceHistory(with history: History, including retired: RetiredSpans) -> History {
        let before = self.history
        self.history = history
        self.retired.remove(retired)
        return before
    }

    /// Adds what left the window to its history, where no lock has to be kept short.
    package mutating func foldRetired() {
        let folded = retired
        history.add(folded)
        retired.remove(folded)
    }
}

extension Int64 {
    func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }
}
