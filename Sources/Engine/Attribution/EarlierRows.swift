import Support

/// Finds rows of earlier slots for traces that reach back into these: few, unless requests last seconds. Scans each
/// such slot once for all traces.
struct EarlierRows: ~Copyable, Sendable {
    /// Traces that reach back.
    private(set) var traces: [Int] = []
    /// For each of these traces, the earliest start of its spans so far, Unix nanoseconds. Slots that end after it are
    /// searched.
    private var starts: [Int: Int64] = [:]
    /// The earliest of all; `.max` if no slot has to be searched.
    private(set) var earliest = Int64.max
    /// A bit set of hashed lower halves of ids: one look rejects nearly all other rows.
    private let wanted = Column<UInt64>(capacity: wordCount)
    private let seed = ByteHash.seed

    private static let wordCount = 1024

    var byteCount: Int { traces.capacity * 8 + starts.capacity * 17 + Self.wordCount * 8 }

    mutating func removeAll() {
        wanted.fill(Self.wordCount, with: 0)
        traces.removeAllKeepingRoom()
        starts.removeAll(keepingCapacity: true)
        earliest = .max
    }

    /// Registers a trace whose spans began at a time before the slot.
    mutating func want(_ trace: Int, from start: Int64, _ slotTraces: borrowing SlotTraces) {
        traces.append(trace)
        starts[trace] = start
        earliest = min(earliest, start)
        let hash = hash(slotTraces.low(trace))
        wanted[word(hash)] |= 1 &<< (hash & 63)
    }

    /// Adds the rows of these traces in slots before `index` to `elsewhere`. What is found of a trace depends only on
    /// its own spans.
    func find(
        before index: Int, of slots: [SlotView], _ slotTraces: inout SlotTraces, _ elsewhere: inout RowsElsewhere
    ) {
        var other = index - 1
        while other >= 0, slots[other].end > earliest {
            let slot = slots[other]
            var row = 0
            slot.forEachBlock { columns, rows in
                for offset in 0..<rows where isWanted(columns.traceLow[offset]) {
                    let trace = slotTraces.number(ofTraceOf: columns, offset)
                    guard let start = starts[trace], slot.end > start else { continue }
                    elsewhere.add(slot: other, row: row &+ offset, to: trace, of: &slotTraces)
                }
                row &+= rows
            }
            other -= 1
        }
    }

    @inline(__always)
    private func isWanted(_ low: UInt64) -> Bool {
        let hash = hash(low)
        return wanted[word(hash)] &>> (hash & 63) & 1 == 1
    }

    @inline(__always)
    private func hash(_ low: UInt64) -> UInt64 { ByteHash.mix(low, seed) }

    @inline(__always)
    private func word(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> 6) & (Self.wordCount - 1) }
}

/// Rows of other slots that belong to traces of the slot being attributed.
struct RowsElsewhere: Sendable {
    private struct Entry: BitwiseCopyable {
        var slot: Int32
        var row: UInt32
        /// The previous entry of its trace, plus one.
        var previous: UInt32
    }

    private var entries: [Entry] = []

    var byteCount: Int { entries.capacity * MemoryLayout<Entry>.stride }

    mutating func removeAll() {
        entries.removeAllKeepingRoom()
    }

    /// Adds a row to a trace; `slot` is the slot's index in the view.
    mutating func add(slot: Int, row: Int, to trace: Int, of traces: inout SlotTraces) {
        entries.append(
            Entry(
                slot: Int32(truncatingIfNeeded: slot), row: UInt32(truncatingIfNeeded: row),
                previous: UInt32(truncatingIfNeeded: traces.lastElsewhere(trace) + 1)))
        traces.setLastElsewhere(entries.count - 1, trace)
    }

    func row(_ number: Int) -> (slot: Int, row: Int) { (Int(entries[number].slot), Int(entries[number].row)) }

    /// The previous entry of its trace; -1 if there is none.
    func before(_ number: Int) -> Int { Int(entries[number].previous) - 1 }
}

/// The rows of a slot whose spans started before the slot, or within reach of its start: the only ones that matter to
/// requests of earlier slots, and few. Grows with its slot, whose rows never change.
struct RowsReachingBack: Sendable {
    /// The slot's start, Unix nanoseconds.
    let start: Int64
    private(set) var rows: [UInt32] = []
    /// How many rows of the slot have been checked.
    private(set) var rowsSeen = 0

    init(start: Int64) {
        self.start = start
    }

    var byteCount: Int { MemoryLayout<Self>.stride + rows.capacity * 4 }

    /// Checks the rows that the slot has gained since.
    mutating func extend(_ slot: SlotView) {
        guard slot.count > rowsSeen else { return }
        var blockStart = 0
        slot.forEachBlock { columns, count in
            defer { blockStart += count }
            guard blockStart + count > rowsSeen else { return }
            columns.start.withSpan(0..<count) { starts in
                let limit = slot.start.addingSaturating(TieChoice.reach)
                for offset in max(rowsSeen - blockStart, 0)..<count where starts[offset] < limit {
                    rows.append(UInt32(truncatingIfNeeded: blockStart + offset))
                }
            }
        }
        rowsSeen = slot.count
    }
}

extension [RowsReachingBack] {
    /// The rows of the slot at an index of `slots`; the array covers the slots at the end of `slots`.
    func rows(of index: Int, _ slots: [SlotView]) -> [UInt32] { self[index - (slots.count - count)].rows }

    /// Calls `body` with each row of later slots that started before the end of a slot: its columns and offset, its slot,
    /// and its number there.
    ///
    /// Covers the slots at the end of `slots`, at least those after the slot.
    @inline(__always)
    func forEachRow(
        laterThan index: Int, of slots: [SlotView],
        _ body: (_ columns: borrowing SpanColumns, _ offset: Int, _ slot: Int, _ row: Int) -> Void
    ) {
        let end = slots[index].end
        let first = slots.count - count
        for other in index + 1..<slots.count {
            for row in self[other - first].rows {
                let (block, offset) = Slot.locate(Int(row))
                let columns = slots[other].blocks[block]
                if columns.columns.start[offset] < end { body(columns.columns, offset, other, Int(row)) }
            }
        }
    }
}
