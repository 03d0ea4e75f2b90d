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
            hashes[row & (Self.rowsMax - 1)] = Slot.hash(
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
