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
    /// A bit set of hashed lower id halves: nearly all other rows are rejected by one look.
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

    /// Adds the rows of these traces in slots before `index` to `elsewhere`. What is found of a trace depends on its own
    /// spans alone.
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
