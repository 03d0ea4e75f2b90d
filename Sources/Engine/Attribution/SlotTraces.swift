/// The spans of one slot, grouped by trace; of a large slot, those of a portion of its traces at a time. Reused for the
/// next slot.
///
/// Open addressing over entries that hold the trace ids, so that traces are distinguished without reading rows. The
/// spans are then copied to where their trace begins: 44 bytes per row and about 40 per trace.
struct SlotTraces: ~Copyable, Sendable {
    struct Entry: BitwiseCopyable, Sendable {
        /// The upper half of its id, salted by its cluster.
        var high: UInt64
        var low: UInt64
        /// One past the last of its spans.
        var end: UInt32
        /// Its last entry in `RowsElsewhere`, plus one.
        var elsewhere: UInt32 = 0
        /// Whether one of its spans started before the slot.
        var reachesBack: Bool
    }

    /// Number of traces; they are numbered in order of appearance.
    private(set) var count = 0
    /// Ordered by trace, then by row.
    private(set) var spans = Column<TraceSpan>(capacity: 0)
    private var entries = Column<Entry>(capacity: 256)
    /// Entry number plus one; 0 is free. The size is a power of two, at most half full.
    private var cells = Column<UInt32>(capacity: 0)
    private var cellCount = 0
    private var traceOfRow = Column<UInt32>(capacity: 0)
    private let seed = ByteHash.seed
    /// Keeps the sum of what was read ahead, or else the compiler would remove the reads.
    private var read: UInt64 = 0

    private static let cellsMin = 1024
    /// From this number on, cells and entries are in no near cache.
    private static let cellsReadAhead = 1 << 16
    /// Marks a row whose trace is in another portion.
    private static let noTrace = UInt32.max
    /// Room is made for this many rows at once, so that it needn't be checked for each.
    private static let rowsAtOnce = 512

    var byteCount: Int {
        spans.capacity * MemoryLayout<TraceSpan>.stride + entries.capacity * MemoryLayout<Entry>.stride
            + cells.capacity * 4 + traceOfRow.capacity * 4
    }

    /// A portion of a slot's traces, selected by their ids.
    struct Portion {
        var number: UInt64
        /// A power of two.
        var count: UInt64

        /// The portions of a slot, each of at most about `rows` spans.
        static func all(of slot: SlotView, rows: Int) -> [Portion] {
            var count: UInt64 = 1
            while slot.count > rows * Int(count) { count *= 2 }
            return (0..<count).map { Portion(number: $0, count: count) }
        }

        @inline(__always)
        func has(_ hash: UInt64) -> Bool { hash &>> 40 & (count &- 1) == number }
    }

    /// Replaces the contents with the spans of a portion of a slot.
    mutating func fill(_ slot: SlotView, _ portion: Portion) {
        traceOfRow.makeRoom(slot.count)
        // Expects about as many traces as in the slot before.
        makeCells(count * 4)
        entries.makeRoom(max(count, 256))
        count = 0
        var blockStart = 0
        slot.forEachBlock { columns, rows in
            for first in stride(from: 0, to: rows, by: Self.rowsAtOnce) {
                let offsets = first..<min(first + Self.rowsAtOnce, rows)
                reserve(offsets.count)
                if cellCount >= Self.cellsReadAhead {
                    read &+= Self.readAhead(columns, offsets, seed, portion, entries, cells, cellCount - 1)
                }
                count = Self.number(
                    columns, offsets, blockStart, slot.start, seed, portion, entries, cells, cellCount - 1, traceOfRow,
                    count)
            }
            blockStart += rows
        }
        spans.makeRoom(setBegins())
        blockStart = 0
        slot.forEachBlock { columns, rows in
            Self.sort(columns, rows, blockStart, entries, traceOfRow, spans)
            blockStart += rows
        }
    }

    /// Reads what `number` will read. These reads don't depend on each other, so their waits for memory overlap.
    private static func readAhead(
        _ columns: borrowing SpanColumns, _ offsets: Range<Int>, _ seed: UInt64, _ portion: Portion,
        _ entries: borrowing Column<Entry>, _ cells: borrowing Column<UInt32>, _ mask: Int
    ) -> UInt64 {
        var read: UInt64 = 0
        let (highs, lows) = (columns.traceHigh.span(offsets), columns.traceLow.span(offsets))
        let flags = columns.flags.span(offsets)
        for offset in 0..<offsets.count {
            let high = highs[offset] ^ SpanFlags(rawValue: flags[offset]).traceSalt
            let hash = hash(high, lows[offset], seed)
            guard portion.has(hash) else { continue }
            let number = Int(cells[Int(truncatingIfNeeded: hash) & mask])
            read &+= entries[max(number &- 1, 0)].low
        }
        return read
    }

    /// Finds the trace of each row of a block, and counts the spans of each trace.
    ///
    /// There must be room for one new trace per row. (Columns passed as parameters stay in registers.)
    /// - Returns: the new number of traces.
    private static func number(
        _ columns: borrowing SpanColumns, _ offsets: Range<Int>, _ blockStart: Int, _ slotStart: Int64,
        _ seed: UInt64, _ portion: Portion, _ entries: borrowing Column<Entry>, _ cells: borrowing Column<UInt32>,
        _ mask: Int,
        _ traceOfRow: borrowing Column<UInt32>, _ known: Int
    ) -> Int {
        var count = known
        let (highs, lows) = (columns.traceHigh.span(offsets), columns.traceLow.span(offsets))
        let starts = columns.start.span(offsets)
        let flags = columns.flags.span(offsets)
        for offset in 0..<offsets.count {
            let (high, low) = (highs[offset] ^ SpanFlags(rawValue: flags[offset]).traceSalt, lows[offset])
            let hash = hash(high, low, seed)
            guard portion.has(hash) else {
                traceOfRow[blockStart &+ offsets.lowerBound &+ offset] = noTrace
                continue
            }
            var cell = Int(truncatingIfNeeded: hash) & mask
            var number = Int(cells[cell]) &- 1
            while number >= 0 {
                let entry = entries[number]
                if (entry.low ^ low) | (entry.high ^ high) == 0 { break }
                cell = (cell &+ 1) & mask
                number = Int(cells[cell]) &- 1
            }
            if number < 0 {
                number = count
                entries[number] = Entry(high: high, low: low, end: 0, reachesBack: false)
                count &+= 1
                cells[cell] = UInt32(truncatingIfNeeded: count)
            }
            entries[number].end &+= 1
            if starts[offset] < slotStart { entries[number].reachesBack = true }
            traceOfRow[blockStart &+ offsets.lowerBound &+ offset] = UInt32(truncatingIfNeeded: number)
        }
        return count
    }

    /// Turns the span counts of traces into the indices where their spans begin.
    ///
    /// - Returns: the number of spans.
    private func setBegins() -> Int {
        var begin: UInt32 = 0
        for trace in 0..<count {
            let size = entries[trace].end
            entries[trace].end = begin
            begin &+= size
        }
        return Int(begin)
    }

    /// Copies the spans of a block to the indices of their traces, after those already there.
    private static func sort(
        _ columns: borrowing SpanColumns, _ rows: Int, _ blockStart: Int, _ entries: borrowing Column<Entry>,
        _ traceOfRow: borrowing Column<UInt32>, _ spans: borrowing Column<TraceSpan>
    ) {
        for offset in 0..<rows {
            let row = blockStart &+ offset
            guard traceOfRow[row] != noTrace else { continue }
            let trace = Int(traceOfRow[row])
            let index = entries[trace].end
            entries[trace].end = index &+ 1
            spans[Int(index)] = TraceSpan(columns.row(offset), row: row)
        }
    }

    // MARK: Traces

    /// The indices of a trace's spans.
    @inline(__always)
    func range(_ trace: Int) -> Range<Int> {
        (trace == 0 ? 0 : Int(entries[trace &- 1].end))..<Int(entries[trace].end)
    }

    /// The number of the trace that a row of any slot belongs to; -1 if it has no span here.
    @inline(__always)
    func number(ofTraceOf columns: borrowing SpanColumns, _ offset: Int) -> Int {
        let salt = SpanFlags(rawValue: columns.flags[offset]).traceSalt
        return number(ofTrace: columns.traceHigh[offset] ^ salt, columns.traceLow[offset])
    }

    private func number(ofTrace high: UInt64, _ low: UInt64) -> Int {
        let mask = cellCount &- 1
        var cell = Self.firstCell(high, low, seed, mask)
        while true {
            let number = Int(cells[cell]) &- 1
            if number < 0 || entries[number].low == low && entries[number].high == high { return number }
            cell = (cell &+ 1) & mask
        }
    }

    /// The lower half of its id.
    func low(_ trace: Int) -> UInt64 { entries[trace].low }

    @inline(__always)
    func reachesBack(_ trace: Int) -> Bool { entries[trace].reachesBack }

    /// A trace's last entry in `RowsElsewhere`; -1 if it has none.
    @inline(__always)
    func lastElsewhere(_ trace: Int) -> Int { Int(entries[trace].elsewhere) &- 1 }

    mutating func setLastElsewhere(_ number: Int, _ trace: Int) {
        entries[trace].elsewhere = UInt32(truncatingIfNeeded: number &+ 1)
    }

    @inline(__always)
    private static func firstCell(_ high: UInt64, _ low: UInt64, _ seed: UInt64, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: hash(high, low, seed)) & mask
    }

    @inline(__always)
    private static func hash(_ high: UInt64, _ low: UInt64, _ seed: UInt64) -> UInt64 {
        ByteHash.mix(low ^ seed, high)
    }

    // MARK: Room

    private mutating func makeCells(_ wanted: Int) {
        cellCount = Self.cellsMin
        while cellCount < wanted { cellCount *= 2 }
        cells.makeRoom(cellCount)
        cells.fill(cellCount, with: 0)
    }

    /// Makes room for `more` traces.
    private mutating func reserve(_ more: Int) {
        if entries.capacity < count + more {
            let larger = Column<Entry>(capacity: (count + more) * 2)
            larger.copyPrefix(count, of: entries)
            entries = larger
        }
        guard cellCount < (count + more) * 2 else { return }
        makeCells((count + more) * 4)
        let mask = cellCount - 1
        for number in 0..<count {
            var cell = Self.firstCell(entries[number].high, entries[number].low, seed, mask)
            while cells[cell] != 0 { cell = (cell &+ 1) & mask }
            cells[cell] = UInt32(truncatingIfNeeded: number &+ 1)
        }
    }
}
