/// The rows of one slot by trace: for each trace the last row seen, for each row the one before it in its trace.
///
/// Open addressing over entries that hold the trace ids, so that no row is read to tell traces apart: about 4 bytes a
/// row and 30 a trace. Grows with its slot, whose rows never change.
struct TraceIndex: Sendable {
    private struct Entry {
        var traceHigh: UInt64
        var traceLow: UInt64
        var lastRow: UInt32
    }

    /// A trace and the last of its rows.
    struct Trace {
        let high: UInt64
        let low: UInt64
        let lastRow: Int
        let hash: UInt64
    }

    private var entries: [Entry] = []
    /// Entry number plus one, 0 is free. A power of two, at most half full.
    private var cells = [UInt32](repeating: 0, count: 64)
    /// Traces with rows that started before the slot did: the only ones here that spans of earlier slots can contain.
    private var reachingBack = TraceFilter()
    /// By row, the row before it in its trace, plus one.
    private var previous: [UInt32] = []
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
    }

    /// Rows that are indexed.
    var rowCount: Int { previous.count }
    /// Traces with rows here, numbered as they appeared.
    var traceCount: Int { entries.count }
    var byteCount: Int {
        entries.capacity * MemoryLayout<Entry>.stride + cells.count * 4 + previous.capacity * 4
    }

    /// Takes in the rows that the slot has got since.
    mutating func extend(_ slot: SlotView) {
        guard slot.count > rowCount else { return }
        var blockStart = 0
        slot.forEachBlock { columns, count in
            let known = min(max(rowCount - blockStart, 0), count)
            for offset in known..<count {
                let (high, low) = (columns.traceHigh[offset], columns.traceLow[offset])
                add(high, low, row: UInt32(truncatingIfNeeded: blockStart + offset))
                if columns.start[offset] < slot.start { reachingBack.insert(hash(high, low)) }
            }
            blockStart += count
        }
    }

    /// Whether spans of an earlier slot may contain spans of a trace here.
    @inline(__always)
    func mayReachBack(_ trace: Trace) -> Bool { reachingBack.mayContain(trace.hash) }

    /// The last row here of a trace of another slot; nil if it has none.
    @inline(__always)
    func lastRow(of trace: Trace) -> Int? {
        let mask = cells.count - 1
        var cell = Int(truncatingIfNeeded: trace.hash) & mask
        while cells[cell] != 0 {
            let entry = entries[Int(cells[cell]) - 1]
            if entry.traceLow == trace.low, entry.traceHigh == trace.high { return Int(entry.lastRow) }
            cell = (cell + 1) & mask
        }
        return nil
    }

    @inline(__always)
    func trace(_ number: Int) -> Trace {
        let entry = entries[number]
        return Trace(
            high: entry.traceHigh, low: entry.traceLow, lastRow: Int(entry.lastRow),
            hash: hash(entry.traceHigh, entry.traceLow))
    }

    /// The row before a row in its trace.
    @inline(__always)
    func rowBefore(_ row: Int) -> Int? {
        let before = previous[row]
        return before == 0 ? nil : Int(before) - 1
    }

    @inline(__always)
    private func hash(_ high: UInt64, _ low: UInt64) -> UInt64 {
        ByteHash.mix(low ^ seed, high)
    }

    @inline(__always)
    private mutating func add(_ high: UInt64, _ low: UInt64, row: UInt32) {
        // Rows of one trace often come one behind the other.
        if let last = entries.last, last.traceLow == low, last.traceHigh == high {
            return link(entries.count - 1, row)
        }
        let mask = cells.count - 1
        var cell = Int(truncatingIfNeeded: hash(high, low)) & mask
        while cells[cell] != 0 {
            let number = Int(cells[cell]) - 1
            if entries[number].traceLow == low, entries[number].traceHigh == high { return link(number, row) }
            cell = (cell + 1) & mask
        }
        entries.append(Entry(traceHigh: high, traceLow: low, lastRow: row))
        previous.append(0)
        cells[cell] = UInt32(truncatingIfNeeded: entries.count)
        if entries.count * 2 > cells.count { grow() }
    }

    @inline(__always)
    private mutating func link(_ entry: Int, _ row: UInt32) {
        previous.append(entries[entry].lastRow + 1)
        entries[entry].lastRow = row
    }

    private mutating func grow() {
        var larger = [UInt32](repeating: 0, count: cells.count * 2)
        let mask = larger.count - 1
        for (number, entry) in entries.enumerated() {
            var cell = Int(truncatingIfNeeded: hash(entry.traceHigh, entry.traceLow)) & mask
            while larger[cell] != 0 { cell = (cell + 1) & mask }
            larger[cell] = UInt32(truncatingIfNeeded: number + 1)
        }
        cells = larger
    }
}

/// A set of hashes that sometimes says yes for no.
private struct TraceFilter {
    private var bits: [UInt64] = [0]
    private var hashes: [UInt64] = []

    /// Bits for each hash at least: one in eight answers for others is wrong.
    private static let bitsPerHash = 8

    mutating func insert(_ hash: UInt64) {
        hashes.append(hash)
        if hashes.count * Self.bitsPerHash > bits.count * 64 {
            bits = Array(repeating: 0, count: bits.count * 2)
            for known in hashes { mark(known) }
        } else {
            mark(hash)
        }
    }

    @inline(__always)
    func mayContain(_ hash: UInt64) -> Bool {
        bits[word(hash)] &>> (hash &>> 58) & 1 == 1
    }

    private mutating func mark(_ hash: UInt64) {
        bits[word(hash)] |= 1 &<< (hash &>> 58)
    }

    @inline(__always)
    private func word(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash &>> 20) & (bits.count - 1)
    }
}
