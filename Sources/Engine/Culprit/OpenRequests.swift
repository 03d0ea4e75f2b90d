/// The requests of slots that aren't attributed yet, counted by series: all ranges that rules compare read the same counts, and
/// an evaluation adds only the rows that have come since the last.
struct OpenRequests: Sendable {
    private struct Known: Sendable {
        /// Tells the slot from another one of the same time, without keeping its spans.
        weak var firstBlock: SpanBlock?
        var counts = CountedRequests()
    }

    /// By the start of the slot, Unix nanoseconds.
    private var known: [Int64: Known] = [:]
    private var counter = SeriesCounter()

    /// In smaller slots requests are counted as fast as they are looked up.
    private static let rowsMin = 512
    private static let partsMax = 8

    var byteCount: Int { known.values.reduce(0) { $0 + $1.counts.byteCount } }

    /// Attaches the counts to the slots of a view.
    mutating func attach(to view: inout WindowView) {
        var current: [Int64: Known] = [:]
        for index in view.slots.indices where view.slots[index].attribution == nil {
            let slot = view.slots[index]
            guard slot.count >= Self.rowsMin else { continue }
            var counted = known[slot.start] ?? Known(firstBlock: slot.blocks.first)
            if counted.firstBlock !== slot.blocks.first || counted.counts.rowCount > slot.count
                || counted.counts.parts.count == Self.partsMax
            {
                counted = Known(firstBlock: slot.blocks.first)
            }
            if counted.counts.rowCount < slot.count {
                let new = SlotRows(slot, from: counted.counts.rowCount)
                counted.counts.parts.append(
                    counter.count(new, .requests, seriesCount: view.seriesCount(.requests), []))
                counted.counts.rowCount = slot.count
            }
            current[slot.start] = counted
            view.attach(counted.counts, toSlotAt: index)
        }
        known = current
    }
}

/// The spans of requests among the first rows of a slot that isn't attributed, by series and latency bucket.
struct CountedRequests: Sendable {
    fileprivate(set) var rowCount = 0
    /// Of one stretch of rows each.
    fileprivate(set) var parts: [SeriesCounts] = []

    fileprivate var byteCount: Int { parts.reduce(0) { $0 + $1.byteCount } }
}
