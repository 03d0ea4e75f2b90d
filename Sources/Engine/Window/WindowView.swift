import Support

/// The rows of a slot from some row on.
struct SlotRows {
    let slot: SlotView
    let rows: Range<Int>

    init(_ slot: SlotView, from first: Int = 0) {
        self.slot = slot
        rows = first..<slot.count
    }

    /// The first rows of a slot.
    init(_ slot: SlotView, upTo end: Int) {
        self.slot = slot
        rows = 0..<end
    }

    private init(_ slot: SlotView, rows: Range<Int>) {
        self.slot = slot
        self.rows = rows
    }

    /// The attribution that has requests among these rows, if any, and the rows that it doesn't know; nil if the slot has no
    /// attribution.
    var attributedRequests: (attribution: SlotAttribution?, rest: SlotRows)? {
        guard let attribution = slot.attribution else { return nil }
        let first = min(max(rows.lowerBound, attribution.rowCount), rows.upperBound)
        return (rows.lowerBound == 0 ? attribution : nil, SlotRows(slot, rows: first..<rows.upperBound))
    }

    /// The counts of the rows that the slot's summary knows, and the other rows; nil if these rows are not all of the
    /// slot's, or it has no summary.
    func summarized(_ population: Population) -> (counts: SeriesCounts, rest: SlotRows)? {
        guard rows == 0..<slot.count else { return nil }
        switch population {
        case .spans: return slot.summary.map { ($0.spans, SlotRows(slot, from: min($0.rowCount, slot.count))) }
        case .requests:
            if let (_, attribution) = slot.remembered { return (attribution.requests, self) }
            guard let (attribution, rest) = attributedRequests, attribution != nil else { return nil }
            return slot.attributionSummary.map { ($0.requests, rest) }
        // Rows that came after the attribution have neither.
        case .selfTimes: return slot.attributionSummary.map { ($0.selfTimes, SlotRows(slot, from: slot.count)) }
        case .parts: return slot.attributionSummary.map { ($0.parts, SlotRows(slot, from: slot.count)) }
        }
    }

    /// Calls `body` with each block that has any of the rows, the slot's row number of the block's first row, and the
    /// rows within the block.
    @inline(__always)
    func forEachBlock(_ body: (borrowing SpanColumns, _ start: Int, Range<Int>) -> Void) {
        var start = 0
        slot.forEachBlock { columns, count in
            let skipped = max(rows.lowerBound - start, 0)
            let end = min(rows.upperBound - start, count)
            if skipped < end { body(columns, start, skipped..<end) }
            start += count
        }
    }
}

/// A snapshot of the window. Reading it takes no lock.
package struct WindowView: Sendable {
    /// In order of time.
    package private(set) var slots: [SlotView]
    /// Earlier slots of which only the counts are known, in order of time: what is usual is learned from them too.
    var remembered: [SlotView] = []
    /// Bytes of these, and of the records that they come from.
    package internal(set) var rememberedByteCount = 0
    /// Spans that ended before this may have been evicted, Unix nanoseconds.
    package let horizon: Int64
    /// Labels by operation number, valid for this view only: the next may give the number to another name.
    package let operations: [OperationLabels]
    package let operationBirths: NameBirths
    /// Labels by request number.
    package let requests: [RequestLabels]
    package let requestBirths: NameBirths
    /// Who sent the spans, by source number.
    package let sources: [SourceLabels]
    /// How many spans of each source came after their time had been evaluated, by source number.
    let lateSpans: [Int]
    /// How they sample.
    package let sampling: WindowSampling
    package let history: History
    /// Evicted spans that are not in the history yet.
    let evicted: EvictedSpans

    /// All slots that show what is usual, in order of time.
    var slotsWithRemembered: [SlotView] { remembered + slots }

    /// Those of them that end in a range, Unix nanoseconds, but not at its beginning.
    func slotsWithRemembered(within range: Range<Int64>) -> [SlotView] {
        Array(remembered.within(range) + slots.within(range))
    }

    /// The view with other slots.
    func of(_ slots: [SlotView], remembering remembered: [SlotView]) -> WindowView {
        var view = self
        (view.slots, view.remembered) = (slots, remembered)
        return view
    }

    /// The view without anything that has left the window.
    package var windowOnly: WindowView {
        WindowView(
            slots: slots, horizon: horizon, operations: operations, operationBirths: operationBirths,
            requests: requests, requestBirths: requestBirths, sources: sources, lateSpans: lateSpans,
            sampling: sampling,
            history: History(), evicted: EvictedSpans())
    }

    mutating func attach(_ made: SummarizedAttribution, toSlotAt index: Int) {
        slots[index].attach(made)
    }

    mutating func attach(_ counted: CountedRequests, toSlotAt index: Int) {
        slots[index].attach(counted)
    }

    mutating func attach(_ summaries: SlotSummaries, toSlotAt index: Int) {
        slots[index].attach(summaries)
    }

    /// Stores a slot's attribution if the view has the slot and it has none.
    package mutating func attach(_ settled: SettledSlot) {
        guard let index = index(ofSlotFrom: settled.start), slots[index].attribution == nil else { return }
        slots[index].attach(settled.made)
    }

    /// Stores the summaries of a slot, if the view has the slot.
    package mutating func attach(_ summaries: SlotSummaries) {
        guard let index = index(ofSlotFrom: summaries.slot) else { return }
        slots[index].attach(summaries)
    }

    private func index(ofSlotFrom start: Int64) -> Int? {
        let index = slots.indices.first(reaching: { slots[$0].start >= start })
        return index < slots.count && slots[index].start == start ? index : nil
    }

    /// The clusters whose spans it has, as in labels, sorted; the empty one if there are no others.
    package var clusters: [String] {
        let named = operations.indices.filter { !operationBirths.isVacant($0) && $0 != Int(OperationTable.overflow) }
        let clusters = Set(named.map { operations[$0].cluster })
        return clusters.isEmpty ? [""] : clusters.sorted()
    }

    func seriesCount(_ population: Population) -> Int {
        population.seriesCount(operations: operations.count, requests: requests.count)
    }

    /// The earliest and the latest span end in the window, Unix nanoseconds; nil if it is empty.
    package var ends: ClosedRange<Int64>? {
        guard let first = slots.first(where: { $0.count > 0 }), let last = slots.last(where: { $0.count > 0 }) else {
            return nil
        }
        return first.ends.lowerBound...last.ends.upperBound
    }

    /// Statistics of spans that end in `from..<to` (Unix nanoseconds). They are exact while the window holds the whole
    /// range. If the range begins before the window, that part of it is rounded to whole minutes, and quantiles are within
    /// 0.55 %.
    ///
    /// All selections share one scan: the cost grows with spans, not with selections.
    /// - Returns: for each selection, the statistics of each of its groups.
    package func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        var parts = WindowParts()
        return measure(population, from: from, to: to, selections, &parts)
    }

    /// The same; `parts` caches what other ranges of the same view can reuse.
    package func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection], _ parts: inout WindowParts
    ) -> [[LatencyStatistics]] {
        measured(population, from: from, to: to, selections, &parts).statistics
    }

    /// The same, and whether quantiles are exact.
    func measured(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection], _ parts: inout WindowParts
    ) -> (statistics: [[LatencyStatistics]], isExact: Bool) {
        guard let beyond = beyond(from: from, to: to) else {
            return (
                measureWindow(population, from: from, to: to, selections), isComplete(from: from, to: to)
            )
        }
        // The history doesn't tell instances apart.
        let isByInstance = selections.contains { $0.instances != nil }
        let merged = isByInstance ? nil : measureBeyond(population, beyond, selections, &parts)
        var statistics =
            merged.map { groups in zip(groups, selections).map { $1.statistics(of: $0) } }
            ?? measureWindow(population, from: from, to: to, selections)
        let coverage = isByInstance ? beyond.coverageOfWindow : beyond.coverage
        for selection in statistics.indices {
            for group in statistics[selection].indices { statistics[selection][group].coverage = coverage }
        }
        return (statistics, false)
    }

    /// Whether no slot of a range (Unix nanoseconds) was too small for its spans.
    func isComplete(from: Int64, to: Int64) -> Bool {
        !slots.contains { $0.overflow > 0 && $0.start < to && $0.end > from }
    }

    /// Exact statistics of all spans in the window, by operation number.
    package func statisticsInWindow(quantiles: [Double]) -> [LatencyStatistics] {
        var selection = each(.spans, quantiles: quantiles)
        selection.wantsMax = false
        return measureWindow(.spans, from: .min, to: .max, [selection])[0]
    }

    /// Exact statistics of spans in the window.
    ///
    /// - Parameter streams: of spans that aren't told apart by instance.
    func measureWindow(
        _ population: Population, from: Int64, to: Int64, streams: StreamChoice = .with, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        let range = TimeRange(from: from, to: to)
        let inRange = Array(slots.overlapping(from: from, to: to))
        if population == .parts || selections.contains(where: { $0.instances != nil }) {
            return selections.map { selection in
                population == .parts && selection.isOfSums
                    ? PartSums(selection, in: range, inRange).statistics
                    : ExactQuantile.statistics(ofGroups: selection, population, in: range, slots: inRange)
            }
        }
        var isWanted = [Bool](repeating: false, count: seriesCount(population))
        for selection in selections {
            for (series, group) in selection.groupOfSeries.enumerated() where group >= 0 && series < isWanted.count {
                isWanted[series] = true
            }
        }
        let scope = SeriesScope(population, range: range, streams: streams, isWanted: isWanted)
        let table = LatencyTable(scope, slots: inRange)
        var statistics = ExactQuantile.statistics(of: selections, in: table, slots: inRange)
        BadCounts.fill(&statistics, selections, scope, inRange)
        return statistics
    }
}

/// A half-open range of span ends, Unix nanoseconds.
struct TimeRange: Equatable {
    var from: Int64
    var to: Int64

    @inline(__always)
    func contains(_ end: Int64) -> Bool { end >= from && end < to }

    func covers(_ slot: SlotView) -> Bool { slot.start >= from && slot.end <= to }
}

extension WindowView {
    /// The earliest time at or after `time` at which spans may have ended, Unix nanoseconds; nil if there are none.
    package func firstSpans(from time: Int64) -> Int64? {
        let minute = HistoryTime.minute(of: time)
        let slot = slots.first { $0.end > time }?.start
        let hour = history.hours.first { ($0.number + 1) * HistoryTime.minutesPerHour > minute }
        let known = hour.map { HistoryTime.start(ofMinute: $0.number * HistoryTime.minutesPerHour) }
        let first = [slot, known].compactMap(\.self).min()
        if let first, first <= time { return time }
        let waiting = (evicted.slots.lazy.map(\.minute).filter { $0 >= minute }.min()).map { [$0] } ?? []
        let rows = (evicted.rows.lazy.map(\.minute).filter { $0 >= minute }.min()).map { [$0] } ?? []
        let evictedFrom = (waiting + rows).min().map { HistoryTime.start(ofMinute: $0) }
        return [first, evictedFrom].compactMap(\.self).min().map { max($0, time) }
    }
}

extension WindowView {
    /// Exporters hold spans for a while, so that the last seconds are never complete.
    private static let arrivalDelay: Int64 = 10_000_000_000
    private static let usualRange: Int64 = 60_000_000_000

    /// The latest end of a span in the window, Unix nanoseconds; nil if it is empty.
    package var lastEnd: Int64? { slots.last { $0.count > 0 }?.ends.upperBound }

    /// How many spans ended per second, by whole slots.
    ///
    /// - Parameters:
    ///   - range: Unix nanoseconds; nil for the last minute whose spans have arrived.
    ///   - now: Unix nanoseconds.
    ///   - cluster: only its spans.
    package func spanRate(in range: Range<Int64>?, now: Int64, of cluster: String? = nil) -> Double {
        guard let oldest = slots.first?.start else { return 0 }
        let end = min(range?.upperBound ?? .max, max(now - Self.arrivalDelay, oldest + Window.slotWidth))
        let start = max(range?.lowerBound ?? end - Self.usualRange, oldest)
        let inRange = slots.filter { $0.start >= start && $0.start < end }
        guard let first = inRange.first?.start, let last = inRange.last?.end, start < end else { return 0 }
        let seconds = Double(max(last, end) - min(first, start)) / 1e9
        guard let cluster else { return Double(inRange.reduce(0) { $0 + $1.count + $1.overflow }) / seconds }
        let isWanted = operations.map { $0.cluster == cluster }
        return Double(inRange.reduce(0) { $0 + Self.count(of: $1, where: isWanted) }) / seconds
    }

    /// - Parameter isWanted: by operation.
    private static func count(of slot: SlotView, where isWanted: [Bool]) -> Int {
        var count = 0
        SlotRows(slot).forEachBlock { columns, _, rows in
            columns.operation.withSpan(rows) { numbers in
                for index in numbers.indices where isWanted[Int(numbers[index])] { count += 1 }
            }
        }
        return count
    }
}
