import Support

/// A slot as it was when a view was taken.
package struct SlotView: Sendable {
    /// Unix nanoseconds.
    package let start: Int64
    package let count: Int
    let blocks: [SpanBlock]
    let bucketMin: UInt16
    let bucketMax: UInt16
    /// nil until the slot has been attributed.
    fileprivate(set) var attribution: SlotAttribution?

    init(_ slot: Slot) {
        start = slot.number * Window.slotWidth
        count = slot.count
        blocks = slot.blocks
        bucketMin = slot.bucketMin
        bucketMax = slot.bucketMax
        attribution = slot.attribution
    }

    var columnByteCount: Int { blocks.reduce(0) { $0 + $1.byteCount } }

    /// Unix nanoseconds, not in the slot.
    var end: Int64 { start.addingSaturating(Window.slotWidth) }

    @inline(__always)
    func row(_ row: Int) -> SpanRow {
        let (block, offset) = Slot.locate(row)
        return blocks[block].columns.row(offset)
    }

    /// When the first and the last of its spans ended, Unix nanoseconds.
    fileprivate var ends: ClosedRange<Int64> {
        var (first, last) = (end, start)
        forEachBlock { columns, rows in
            for row in 0..<rows {
                let end = columns.start[row] &+ columns.duration[row]
                (first, last) = (min(first, end), max(last, end))
            }
        }
        return min(first, last)...last
    }

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

    /// Hands out each block that has any of the rows, with the number of its first row in the slot and the rows' numbers
    /// in the block.
    @inline(__always)
    func forEachBlock(_ body: (borrowing SpanColumns, _ start: Int, Range<Int>) -> Void) {
        var start = 0
        slot.forEachBlock { columns, count in
            let skipped = max(rows.lowerBound - start, 0)
            if skipped < count { body(columns, start, skipped..<count) }
            start += count
        }
    }
}

/// The window as it was at one moment. Reading it takes no lock.
package struct WindowView: Sendable {
    /// In order of time.
    package private(set) var slots: [SlotView]
    /// What ended before it may have been given up, Unix nanoseconds.
    let horizon: Int64
    /// Labels by operation number. They are those of this view: the next may have given the number to another.
    package let operations: [OperationLabels]
    package let operationBirths: NameBirths
    /// Labels by request number.
    package let requests: [RequestLabels]
    package let requestBirths: NameBirths
    package let history: History
    /// What left the window and is not in the history yet.
    let evicted: EvictedSpans

    /// The same without what has left the window.
    package var windowOnly: WindowView {
        WindowView(
            slots: slots, horizon: horizon, operations: operations, operationBirths: operationBirths,
            requests: requests, requestBirths: requestBirths, history: History(), evicted: EvictedSpans())
    }

    mutating func attach(_ attribution: SlotAttribution, toSlotAt place: Int) {
        slots[place].attribution = attribution
    }

    package func seriesCount(_ population: Population) -> Int {
        switch population {
        case .spans, .selfTimes: operations.count
        case .requests: requests.count
        case .parts: requests.count * ComponentTable.countMax
        }
    }

    /// When the first and the last of the spans that the window holds ended, Unix nanoseconds; nil where it holds none.
    package var ends: ClosedRange<Int64>? {
        guard let first = slots.first(where: { $0.count > 0 }), let last = slots.last(where: { $0.count > 0 }) else {
            return nil
        }
        return first.ends.lowerBound...last.ends.upperBound
    }

    /// Statistics of spans that end in `from..<to` (Unix nanoseconds): exact where the window holds all of the range.
    /// Where it reaches into the history it is one of whole minutes, those that start within it, and quantiles are
    /// within 0.55 %.
    ///
    /// Selections share one scan of the range: its cost grows with spans, not with selections.
    /// - Returns: for each selection, the statistics of each of its groups.
    package func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        var parts = WindowParts()
        return measure(population, from: from, to: to, selections, &parts)
    }

    /// The same; `parts` keeps what further ranges of the same view can use again.
    package func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection], _ parts: inout WindowParts
    ) -> [[LatencyStatistics]] {
        if let merged = measureBeyond(population, from: from, to: to, selections, &parts) {
            return zip(merged, selections).map { groups, selection in
                groups.enumerated().map { group, merged in
                    merged.statistics(
                        selection.quantiles, thresholds: selection.thresholds,
                        absent: selection.absent(group, rows: merged.count))
                }
            }
        }
        return measureWindow(population, from: from, to: to, selections)
    }

    /// Exact statistics of spans in the window.
    func measureWindow(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        let range = TimeRange(from: from, to: to)
        let inRange = slots.filter { $0.start < to && $0.end > from }
        if population == .parts {
            return selections.map { ExactQuantile.statistics(ofParts: $0, in: range, slots: inRange) }
        }
        var isWanted = [Bool](repeating: false, count: seriesCount(population))
        for selection in selections {
            for (series, group) in selection.groupOfSeries.enumerated() where group >= 0 && series < isWanted.count {
                isWanted[series] = true
            }
        }
        let scope = SeriesScope(population, range: range, isWanted: isWanted)
        let table = LatencyTable(scope, slots: inRange)
        var statistics = ExactQuantile.statistics(of: selections, in: table, slots: inRange)
        BadCounts.fill(&statistics, selections, scope, inRange)
        return statistics
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
    /// The earliest time from one on (Unix nanoseconds) at which spans may have ended; nil where there are none.
    package func firstSpans(from time: Int64) -> Int64? {
        let minute = HistoryTime.minute(of: time)
        let slot = slots.first { $0.end > time }?.start
        let hour = history.hours.first { ($0.number + 1) * HistoryTime.minutesPerHour > minute }
        let known = hour.map { HistoryTime.start(ofMinute: $0.number * HistoryTime.minutesPerHour) }
        let first = [slot, known].compactMap(\.self).min()
        if let first, first <= time { return time }
        let waiting = (evicted.slots.lazy.map(\.minute).filter { $0 >= minute }.min()).map { [$0] } ?? []
        let rows = (evicted.rows.lazy.map(\.minute).filter { $0 >= minute }.min()).map { [$0] } ?? []
        let gone = (waiting + rows).min().map { HistoryTime.start(ofMinute: $0) }
        return [first, gone].compactMap(\.self).min().map { max($0, time) }
    }

    /// Whether any slot reaches beyond a time (Unix nanoseconds), or a minute of what left the window.
    package func hasSpans(from time: Int64) -> Bool {
        let newest = max(history.newestMinute, evicted.newestMinute)
        return slots.last.map { $0.end > time } ?? false || newest >= HistoryTime.minute(of: time)
    }
}
