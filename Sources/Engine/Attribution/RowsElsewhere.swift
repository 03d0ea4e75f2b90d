/// Rows of other slots that belong to traces of the slot that is being attributed.
struct RowsElsewhere: Sendable {
    private struct Entry: BitwiseCopyable {
        var slot: Int32
        var row: UInt32
        /// The one before it in its trace, plus one.
        var previous: UInt32
    }

    private var entries: [Entry] = []

    var byteCount: Int { entries.capacity * MemoryLayout<Entry>.stride }

    mutating func removeAll() {
        entries.removeAllKeepingRoom()
    }

    /// Adds a row, by its slot's place in the view, to a trace.
    mutating func add(slot: Int, row: Int, to trace: Int, of traces: inout SlotTraces) {
        entries.append(
            Entry(
                slot: Int32(truncatingIfNeeded: slot), row: UInt32(truncatingIfNeeded: row),
                previous: UInt32(truncatingIfNeeded: traces.lastElsewhere(trace) + 1)))
        traces.setLastElsewhere(entries.count - 1, trace)
    }

    func row(_ number: Int) -> (slot: Int, row: Int) { (Int(entries[number].slot), Int(entries[number].row)) }

    /// The one before in its trace; -1 before the first.
    func before(_ number: Int) -> Int { Int(entries[number].previous) - 1 }
}
