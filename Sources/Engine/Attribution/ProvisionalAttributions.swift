/// Attributions of unsettled slots, made for a reader and kept for the next until something they depend on changes. A
/// large slot is attributed again only once 1 % of its rows are new, or as many rows of other slots that may belong to
/// its traces: at tens of thousands of spans a second, there are always some.
struct ProvisionalAttributions: Sendable {
    /// Everything that the attribution of a slot depends on. Rows never change, so their number shows whether there are
    /// new ones.
    struct Dependencies: Sendable {
        /// The slot's own rows. After the clock was set back, the block distinguishes the slot from another one of the
        /// same time.
        fileprivate let firstBlock: SpanBlock?
        fileprivate let rowCount: Int
        fileprivate let traces: TraceFilter
        /// Rows of later slots that may belong to a trace of the slot.
        private var later = LaterRows()
        fileprivate let laterRows: Int
        /// Earlier slots that end after this were searched, Unix nanoseconds.
        fileprivate let searchedFrom: Int64
        fileprivate let earlierRows: Int
        /// What decides what is tied by the next slot; nil if it isn't needed.
        fileprivate let next: NextSlotUse?
        fileprivate let nextRows: NextSlotUse.Rows?

        init(
            _ index: Int, of slots: [SlotView], _ reachingBack: [RowsReachingBack], traces: TraceFilter,
            searchedFrom: Int64, next: NextSlotUse?
        ) {
            firstBlock = slots[index].blocks.first
            rowCount = slots[index].count
            self.traces = traces
            laterRows = later.count(for: traces, laterThan: index, of: slots, reachingBack)
            self.searchedFrom = searchedFrom
            earlierRows = Self.rows(before: index, of: slots, from: searchedFrom)
            self.next = next
            nextRows = next?.rows(after: index, of: slots, reachingBack)
        }

        /// How many rows don't matter to a reader until the slot settles.
        private var slack: Int { rowCount >= Self.largeMin ? rowCount / Self.rowsPerSlack : 0 }

        /// 13,000 spans a second.
        private static let largeMin = 1 << 16
        private static let rowsPerSlack = 128

        /// - Parameter isExact: whether every row matters.
        fileprivate mutating func hold(
            _ index: Int, of slots: [SlotView], _ reachingBack: [RowsReachingBack], isExact: Bool
        ) -> Bool {
            let slack = isExact ? 0 : slack
            func isSame(_ rows: Int, _ known: Int) -> Bool { abs(rows - known) <= slack }
            return slots[index].blocks.first === firstBlock && isSame(slots[index].count, rowCount)
                && isSame(Self.rows(before: index, of: slots, from: searchedFrom), earlierRows)
                // What is tied by a later slot ended within its first millisecond: fewer than the slack.
                && (slack > 0 || next?.rows(after: index, of: slots, reachingBack) == nextRows)
                && isSame(later.count(for: traces, laterThan: index, of: slots, reachingBack), laterRows)
        }

        private static func rows(before index: Int, of slots: [SlotView], from time: Int64) -> Int {
            slots[..<index].reversed().prefix { $0.end > time }.reduce(0) { $0 + $1.count }
        }
    }

    private struct Entry: Sendable {
        var made: SummarizedAttribution
        var dependencies: Dependencies

        var byteCount: Int {
            made.byteCount + dependencies.traces.byteCount + (dependencies.next?.traces?.byteCount ?? 0)
        }
    }

    /// By the start of the slot, Unix nanoseconds.
    private var entries: [Int64: Entry] = [:]
    private(set) var byteCount = 0
    private let bytesMax: Int

    init(bytesMax: Int) {
        self.bytesMax = bytesMax
    }

    /// The attribution of a slot; nil if none is kept or something has changed since.
    ///
    /// - Parameter isExact: whether any change counts.
    mutating func attribution(
        of index: Int, _ slots: [SlotView], _ reachingBack: [RowsReachingBack], _ trust: TieTrust, isExact: Bool
    ) -> SummarizedAttribution? {
        let start = slots[index].start
        guard entries[start]?.dependencies.hold(index, of: slots, reachingBack, isExact: isExact) == true,
            let entry = entries[start],
            // What earlier slots have shown meanwhile may change what is trusted.
            entry.made.attribution.ties.allSatisfy({ trust.decision($0) == $0.decision })
        else { return nil }
        return entry.made
    }

    /// Keeps an attribution, unless too many bytes are kept already.
    mutating func keep(_ made: SummarizedAttribution, ofSlotFrom start: Int64, _ dependencies: Dependencies) {
        remove(slotFrom: start)
        let entry = Entry(made: made, dependencies: dependencies)
        guard byteCount + entry.byteCount <= bytesMax else { return }
        entries[start] = entry
        byteCount += entry.byteCount
    }

    /// Whether an attribution of a slot is kept, outdated or not.
    func keeps(slotFrom start: Int64) -> Bool { entries[start] != nil }

    /// Keeps the counts of a slot whose attribution is kept.
    mutating func add(_ summary: AttributionSummary, toSlotFrom start: Int64) {
        guard let entry = entries[start] else { return }
        let made = SummarizedAttribution(attribution: entry.made.attribution, summary: summary)
        keep(made, ofSlotFrom: start, entry.dependencies)
    }

    mutating func remove(slotFrom start: Int64) {
        if let entry = entries.removeValue(forKey: start) { byteCount -= entry.byteCount }
    }

    /// Drops what is kept of slots before a time (Unix nanoseconds): they settled, or left the window.
    mutating func remove(before time: Int64) {
        for start in entries.keys where start < time { remove(slotFrom: start) }
    }

    mutating func removeAll() {
        entries = [:]
        byteCount = 0
    }
}

/// What the attribution of a slot read of the next one, for requests that an authentication there may belong to.
struct NextSlotUse: Sendable {
    /// The traces of the candidates there; nil if there were none.
    let traces: TraceFilter?

    struct Rows: Equatable {
        /// Of the next slot.
        let own: Int
        /// Of the slots after it; those that may belong to the candidates' traces.
        let later: Int
    }

    /// The rows on which the candidates depend, besides those of the slot itself.
    func rows(after index: Int, of slots: [SlotView], _ reachingBack: [RowsReachingBack]) -> Rows {
        guard index + 1 < slots.count, slots[index + 1].start == slots[index].end else { return Rows(own: 0, later: 0) }
        return Rows(
            own: slots[index + 1].count, later: traces?.count(laterThan: index + 1, of: slots, reachingBack) ?? 0)
    }
}

/// Counts the rows of later slots that may belong to a slot's traces. Looks only at those that came since the last time.
private struct LaterRows: Sendable {
    private struct Known {
        /// How many rows of a later slot that reach back have been looked at.
        var seen = 0
        var count = 0
    }

    /// By the start of the later slot, Unix nanoseconds.
    private var known: [Int64: Known] = [:]

    mutating func count(
        for traces: TraceFilter, laterThan index: Int, of slots: [SlotView], _ reachingBack: [RowsReachingBack]
    ) -> Int {
        var count = 0
        for other in slots[(index + 1)...].indices {
            let rows = reachingBack.rows(of: other, slots)
            var counted = known[slots[other].start] ?? Known()
            // A view older than the last one has fewer.
            if counted.seen > rows.count { counted = Known() }
            for row in rows[counted.seen...] where traces.mayHave(row, of: slots[other], before: slots[index].end) {
                counted.count += 1
            }
            counted.seen = rows.count
            known[slots[other].start] = counted
            count += counted.count
        }
        return count
    }
}

/// Says whether a row may belong to one of a slot's traces: a Bloom filter of lower id halves, four bits of one word
/// each.
struct TraceFilter: Sendable {
    private var words: [UInt64]

    /// The same in each process: which rows only seem to belong to the traces decides whether an attribution is kept, and so
    /// what a window that overflows evicts next.
    private static let seed: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// - Parameter spans: of the slot. With six spans per trace, fewer than one in a hundred other rows seem to belong
    ///   to the slot's traces.
    init(spans: Int) {
        var words = 16
        while words * 32 < spans { words *= 2 }
        self.words = Array(repeating: 0, count: words)
    }

    var byteCount: Int { words.count * 8 }

    mutating func insert(_ low: UInt64) {
        let hash = ByteHash.mix(low, Self.seed)
        words[word(hash)] |= Self.bits(hash)
    }

    func mayHave(_ low: UInt64) -> Bool {
        let hash = ByteHash.mix(low, Self.seed)
        return ~words[word(hash)] & Self.bits(hash) == 0
    }

    /// Whether a row of a slot started before a time, Unix nanoseconds, and may belong to one of the traces.
    fileprivate func mayHave(_ row: UInt32, of slot: SlotView, before end: Int64) -> Bool {
        let (number, offset) = Slot.locate(Int(row))
        let block = slot.blocks[number]
        return block.columns.start[offset] < end && mayHave(block.columns.traceLow[offset])
    }

    private func word(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> 24) & (words.count - 1) }

    private static func bits(_ hash: UInt64) -> UInt64 {
        1 &<< (hash & 63) | 1 &<< (hash &>> 6 & 63) | 1 &<< (hash &>> 12 & 63) | 1 &<< (hash &>> 18 & 63)
    }

    /// Rows of later slots that started before the end of a slot and may belong to its traces.
    ///
    /// - Parameter reachingBack: of the slots at the end of `slots`, at least of those after the slot.
    func count(laterThan index: Int, of slots: [SlotView], _ reachingBack: [RowsReachingBack]) -> Int {
        var count = 0
        reachingBack.forEachRow(laterThan: index, of: slots) { columns, offset, _, _ in
            if mayHave(columns.traceLow[offset]) { count += 1 }
        }
        return count
    }
}
