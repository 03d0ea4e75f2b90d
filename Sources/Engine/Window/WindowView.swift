/// A slot as it was when a view was taken.
package struct SlotView: Sendable {
    /// Unix nanoseconds.
    package let start: Int64
    package let count: Int
    let blocks: [SpanBlock]
    let bucketMin: UInt16
    let bucketMax: UInt16

    init(_ slot: Slot) {
        start = slot.number * Window.slotWidth
        count = slot.count
        blocks = slot.blocks
        bucketMin = slot.bucketMin
        bucketMax = slot.bucketMax
    }

    /// Unix nanoseconds, not in the slot.
    var end: Int64 { start.addingSaturating(Window.slotWidth) }

    /// Hands out each block with the number of its rows.
    @inline(__always)
    func forEachBlock(_ body: (borrowing SpanColumns, _ count: Int) -> Void) {
        var remaining = count
        for block in blocks where remaining > 0 {
            let rows = min(remaining, block.columns.capacity)
            body(block.columns, rows)
            remaining -= rows
        }
    }
}

/// Rows of a slot from some number on.
struct SlotRows {
    let slot: SlotView
    let rows: Range<Int>

    init(_ slot: SlotView, from first: Int = 0) {
        self.slot = slot
        rows = first..<slot.count
    }

    /// Hands out each block that has any of the rows, with how many of its rows come before them and where they end.
    @inline(__always)
    func forEachBlock(_ body: (borrowing SpanColumns, _ skipped: Int, _ count: Int) -> Void) {
        var start = 0
        slot.forEachBlock { columns, count in
            let skipped = max(rows.lowerBound - start, 0)
            if skipped < count { body(columns, skipped, count) }
            start += count
        }
    }
}

/// The window as it was at one moment. Reading it takes no lock.
package struct WindowView: Sendable {
    /// In order of time.
    package let slots: [SlotView]
    /// What ended before it may have been given up, Unix nanoseconds.
    package let horizon: Int64
    /// Labels by operation number.
    package let operations: [OperationLabels]
    /// Labels by request number.
    package let requests: [RequestLabels]

    package func seriesCount(_ population: Population) -> Int {
        population == .spans ? operations.count : requests.count
    }

    /// Exact statistics of spans that end in `from..<to` (Unix nanoseconds).
    ///
    /// Selections share one scan of the range: its cost grows with spans, not with selections.
    /// - Returns: for each selection, the statistics of each of its groups.
    package func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        let range = TimeRange(from: from, to: to)
        let inRange = slots.filter { $0.start < to && $0.end > from }
        var isWanted = [Bool](repeating: false, count: seriesCount(population))
        for selection in selections {
            for (series, group) in selection.groupOfSeries.enumerated() where group >= 0 && series < isWanted.count {
                isWanted[series] = true
            }
        }
        let table = LatencyTable(
            LineScope(population, range: range, isWanted: isWanted), slots: inRange)
        return ExactQuantile.statistics(of: selections, in: table, slots: inRange)
    }
}

/// A half-open range of span ends, Unix nanoseconds.
struct TimeRange {
    var from: Int64
    var to: Int64

    @inline(__always)
    func contains(_ end: Int64) -> Bool { end >= from && end < to }

    func covers(_ slot: SlotView) -> Bool { slot.start >= from && slot.end <= to }
}

extension WindowView {
    /// Whether any slot reaches beyond a time (Unix nanoseconds).
    package func hasSpans(from time: Int64) -> Bool {
        slots.last.map { $0.end > time } ?? false
    }
}
