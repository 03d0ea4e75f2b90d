/// Finds a slot's row by trace id and span id, so that a span that was sent twice counts once.
///
/// Open addressing. A cell holds 8 bits of hash and 24 bits of row number plus one, so that nearly every other row met
/// while probing is skipped without reading its ids. It grows when three quarters full: 5.3 to 10.7 bytes per span.
struct SpanIndex: Sendable {
    private var cells: [UInt32]
    private var used = 0

    /// The most rows that 24 bits of row number plus one can tell apart.
    static let rowsMax = 1 << 24 - 1

    /// - Parameter expected: rows that fit without growing.
    init(expected: Int = 0) {
        var cellCount = 64
        while cellCount * 3 < expected * 4 { cellCount *= 2 }
        cells = Array(repeating: 0, count: cellCount)
    }

    var byteCount: Int { cells.count * 4 }

    @inline(__always)
    static func hash(traceHigh: UInt64, traceLow: UInt64, spanID: UInt64, seed: UInt64) -> UInt64 {
        ByteHash.mix(ByteHash.mix(traceHigh ^ seed, traceLow), spanID)
    }

    /// Where a span with a given hash is, or would go.
    enum Lookup {
        case free(cell: Int)
        case taken(row: Int)
    }

    @inline(__always)
    func find(_ hash: UInt64, isSame: (_ row: Int) -> Bool) -> Lookup {
        let tag = UInt32(truncatingIfNeeded: hash &>> 56)
        let mask = cells.count - 1
        var cell = Int(truncatingIfNeeded: hash) & mask
        while true {
            let value = cells[cell]
            if value == 0 { return .free(cell: cell) }
            if value &>> 24 == tag {
                let row = Int(value & 0xFF_FFFF) - 1
                if isSame(row) { return .taken(row: row) }
            }
            cell = (cell + 1) & mask
        }
    }

    /// The contents of the cell where `find` starts.
    @inline(__always)
    func firstCell(_ hash: UInt64) -> UInt32 {
        cells[Int(truncatingIfNeeded: hash) & (cells.count - 1)]
    }

    /// Fills a free cell from `find`. Calls `hashOfRow` for every row when the table grows.
    @inline(__always)
    mutating func fill(_ cell: Int, row: Int, hash: UInt64, hashOfRow: (Int) -> UInt64) {
        cells[cell] = Self.value(row: row, hash: hash)
        used += 1
        if used * 4 > cells.count * 3 { grow(rows: row + 1, hashOfRow) }
    }

    private static func value(row: Int, hash: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: hash &>> 56) &<< 24 | UInt32(truncatingIfNeeded: row + 1)
    }

    private mutating func grow(rows: Int, _ hashOfRow: (Int) -> UInt64) {
        var larger = [UInt32](repeating: 0, count: cells.count * 2)
        let mask = larger.count - 1
        for row in 0..<rows {
            let hash = hashOfRow(row)
            var cell = Int(truncatingIfNeeded: hash) & mask
            while larger[cell] != 0 { cell = (cell + 1) & mask }
            larger[cell] = Self.value(row: row, hash: hash)
        }
        cells = larger
    }
}

/// Hashes the rows that are appended next, and prefetches their cells in large indexes.
///
/// In a slot of a hundred thousand spans a cell is in no near cache, and each lookup would wait for memory; that used
/// to take longer than the rest of appending. Independent reads overlap.
struct IndexLookAhead: Sendable {
    /// Rows at a time, a power of two; their cells fit the nearest cache.
    static let rowsMax = 512
    /// Bytes from which an index is prefetched; smaller ones stay in a near cache.
    private static let bytesMin = 1 << 18

    private var hashes = Array(repeating: 0 as UInt64, count: rowsMax)
    /// Keeps the sum of the reads, or else the compiler would remove them.
    private var kept: UInt32 = 0

    /// The hash of a row, which must be among those taken last.
    @inline(__always)
    subscript(row: Int) -> UInt64 { hashes[row & (Self.rowsMax - 1)] }

    /// Takes the next rows of a batch from `first` on, at most `rowsMax`.
    ///
    /// - Parameter slots: in order of time. Nearly all rows go to one of the last two.
    mutating func take(_ batch: borrowing SpanBatch, from first: Int, slots: [Slot], seed: UInt64) {
        let rows = first..<min(first + Self.rowsMax, batch.count)
        for row in rows {
            hashes[row & (Self.rowsMax - 1)] = SpanIndex.hash(
                traceHigh: batch.columns.traceHigh[row], traceLow: batch.columns.traceLow[row],
                spanID: batch.columns.spanID[row], seed: seed)
        }
        for slot in slots.suffix(2) where slot.index.byteCount >= Self.bytesMin {
            read(batch, rows, of: slot)
        }
    }

    private mutating func read(_ batch: borrowing SpanBatch, _ rows: Range<Int>, of slot: Slot) {
        let begin = slot.number * Window.slotWidth
        var sum: UInt32 = 0
        for row in rows {
            let end = batch.columns.start[row] &+ batch.columns.duration[row]
            if UInt64(bitPattern: end &- begin) < UInt64(Window.slotWidth) {
                sum &+= slot.index.firstCell(hashes[row & (Self.rowsMax - 1)])
            }
        }
        kept &+= sum
    }
}
