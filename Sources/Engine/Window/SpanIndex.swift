/// Finds a slot's row by trace id and span id, to count a span that was sent twice only once.
///
/// Open addressing; a cell holds 8 bits of the hash and 24 bits of row number plus one, so that nearly every other
/// row that is met on the way is passed without touching its ids. Grows at three quarters: 5.3 to 10.7 bytes a span.
struct SpanIndex: Sendable {
    private var cells: [UInt32]
    private var used = 0

    /// Rows that fit: 24 bits of row number plus one.
    static let rowsMax = 1 << 24 - 1

    /// - Parameter expected: rows for which it need not grow.
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

    /// Where a span with this hash stands, or would stand.
    enum Place {
        case free(cell: Int)
        case taken(row: Int)
    }

    @inline(__always)
    func find(_ hash: UInt64, isSame: (_ row: Int) -> Bool) -> Place {
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

    /// The cell where `find` begins.
    @inline(__always)
    func firstCell(_ hash: UInt64) -> UInt32 {
        cells[Int(truncatingIfNeeded: hash) & (cells.count - 1)]
    }

    /// Fills a free cell that `find` gave; `hashOfRow` is asked for every row when the table grows.
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
