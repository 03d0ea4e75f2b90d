/// The spans of one slot, trace by trace. Used again for one slot after the other.
///
/// Open addressing over entries that hold the trace ids, so that no row is read to tell traces apart; then the spans are
/// copied to where their trace begins: 44 bytes a row and about 40 a trace.
struct SlotTraces: ~Copyable, Sendable {
    struct Entry: BitwiseCopyable, Sendable {
        var high: UInt64
        var low: UInt64
        /// Behind the last of its spans.
        var end: UInt32
        /// The last of `RowsElsewhere` plus one.
        var elsewhere: UInt32 = 0
        /// Whether a span of it started before the slot did.
        var reachesBack: Bool
    }

    /// Traces, numbered as they appeared.
    private(set) var count = 0
    /// In the order of traces, those of one trace in the order of rows.
    private(set) var spans = Column<TraceSpan>(capacity: 0)
    private var entries = Column<Entry>(capacity: 256)
    /// Entry number plus one, 0 is free. A power of two, at most half full.
    private var cells = Column<UInt32>(capacity: 0)
    private var cellCount = 0
    private var traceOfRow = Column<UInt32>(capacity: 0)
    private let seed = ByteHash.seed

    private static let cellsMin = 512

    var byteCount: Int {
        spans.capacity * MemoryLayout<TraceSpan>.stride + entries.capacity * MemoryLayout<Entry>.stride
            + cells.capacity * 4 + traceOfRow.capacity * 4
    }

    /// Takes in the spans of a slot in place of those before.
    mutating func fill(_ slot: SlotView) {
        spans.makeRoom(slot.count)
        traceOfRow.makeRoom(slot.count)
        // About as many traces as in the slot before.
        makeCells(count * 2)
        entries.makeRoom(max(count, 256))
        count = 0
        number(slot)
        var end: UInt32 = 0
        for trace in 0..<count {
            let size = entries[trace].end
            entries[trace].end = end
            end &+= size
        }
        sort(slot)
    }

    /// Finds the trace of each row, and how many spans each has.
    private mutating func number(_ slot: SlotView) {
        var blockStart = 0
        slot.forEachBlock { columns, rows in
            columns.traceHigh.withSpan(0..<rows) { highs in
                columns.traceLow.withSpan(0..<rows) { lows in
                    columns.start.withSpan(0..<rows) { starts in
                        for offset in 0..<rows {
                            let trace = countSpan(highs[offset], lows[offset], starts[offset] < slot.start)
                            traceOfRow[blockStart &+ offset] = UInt32(truncatingIfNeeded: trace)
                        }
                    }
                }
            }
            blockStart += rows
        }
    }

    /// Counts a span of a trace, and gives back the trace's number.
    @inline(__always)
    private mutating func countSpan(_ high: UInt64, _ low: UInt64, _ reachesBack: Bool) -> Int {
        let (number, cell) = find(high, low)
        if number >= 0 {
            entries[number].end &+= 1
            if reachesBack { entries[number].reachesBack = true }
            return number
        }
        if count == entries.capacity { growEntries() }
        entries[count] = Entry(high: high, low: low, end: 1, reachesBack: reachesBack)
        count &+= 1
        cells[cell] = UInt32(truncatingIfNeeded: count)
        if count &* 2 > cellCount { growCells() }
        return count &- 1
    }

    /// Copies the spans to where those of their trace begin.
    private mutating func sort(_ slot: SlotView) {
        var blockStart = 0
        slot.forEachBlock { columns, rows in
            for offset in 0..<rows {
                let row = blockStart &+ offset
                let trace = Int(traceOfRow[row])
                let place = entries[trace].end
                entries[trace].end = place &+ 1
                spans[Int(place)] = columns.traceSpan(offset, row: row)
            }
            blockStart += rows
        }
    }

    // MARK: Traces

    /// Where the spans of a trace are.
    @inline(__always)
    func range(_ trace: Int) -> Range<Int> {
        (trace == 0 ? 0 : Int(entries[trace &- 1].end))..<Int(entries[trace].end)
    }

    /// The number of a trace of another slot; -1 if it has no span here.
    func number(ofTrace high: UInt64, _ low: UInt64) -> Int { find(high, low).number }

    /// The lower half of its id.
    func low(_ trace: Int) -> UInt64 { entries[trace].low }

    @inline(__always)
    func reachesBack(_ trace: Int) -> Bool { entries[trace].reachesBack }

    /// The last of the rows of a trace in other slots, by its number in `RowsElsewhere`; -1 if there is none.
    @inline(__always)
    func lastElsewhere(_ trace: Int) -> Int { Int(entries[trace].elsewhere) &- 1 }

    mutating func setLastElsewhere(_ number: Int, _ trace: Int) {
        entries[trace].elsewhere = UInt32(truncatingIfNeeded: number &+ 1)
    }

    /// The number of a trace, or -1 and the cell where it would stand.
    @inline(__always)
    private func find(_ high: UInt64, _ low: UInt64) -> (number: Int, cell: Int) {
        let mask = cellCount &- 1
        var cell = firstCell(high, low)
        while true {
            let number = Int(cells[cell]) &- 1
            if number < 0 { return (-1, cell) }
            if entries[number].low == low && entries[number].high == high { return (number, cell) }
            cell = (cell &+ 1) & mask
        }
    }

    @inline(__always)
    private func firstCell(_ high: UInt64, _ low: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.mix(low ^ seed, high)) & (cellCount &- 1)
    }

    // MARK: Room

    private mutating func makeCells(_ wanted: Int) {
        cellCount = Self.cellsMin
        while cellCount < wanted { cellCount *= 2 }
        cells.makeRoom(cellCount)
        cells.fill(cellCount, with: 0)
    }

    @inline(never)
    private mutating func growCells() {
        makeCells(cellCount * 2)
        for number in 0..<count {
            var cell = firstCell(entries[number].high, entries[number].low)
            while cells[cell] != 0 { cell = (cell &+ 1) & (cellCount &- 1) }
            cells[cell] = UInt32(truncatingIfNeeded: number &+ 1)
        }
    }

    @inline(never)
    private mutating func growEntries() {
        let larger = Column<Entry>(capacity: count * 2)
        larger.copyPrefix(count, of: entries)
        entries = larger
    }
}
