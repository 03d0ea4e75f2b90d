/// The rows of a slot whose spans started before it did: the only ones that matter to requests of earlier slots. Few of
/// a cluster's are; grows with its slot, whose rows never change.
struct RowsReachingBack: Sendable {
    /// Of the slot, Unix nanoseconds.
    let start: Int64
    private(set) var rows: [UInt32] = []
    /// Rows of the slot that were looked at.
    private(set) var rowsSeen = 0

    init(start: Int64) {
        self.start = start
    }

    var byteCount: Int { MemoryLayout<Self>.stride + rows.capacity * 4 }

    /// Takes in the rows that the slot has got since.
    mutating func extend(_ slot: SlotView) {
        guard slot.count > rowsSeen else { return }
        var blockStart = 0
        slot.forEachBlock { columns, count in
            defer { blockStart += count }
            guard blockStart + count > rowsSeen else { return }
            columns.start.withSpan(0..<count) { starts in
                for offset in max(rowsSeen - blockStart, 0)..<count where starts[offset] < slot.start {
                    rows.append(UInt32(truncatingIfNeeded: blockStart + offset))
                }
            }
        }
        rowsSeen = slot.count
    }
}
