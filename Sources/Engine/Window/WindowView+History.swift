extension WindowView {
    /// Statistics of spans that end in `from..<to` (Unix nanoseconds), from the window and the history.
    ///
    /// If minutes of the range have left the window, the range is rounded to the minutes that start within it.
    /// - Parameter parts: counts of the window made for other ranges; ranges that begin before the window and end at
    ///   the same time share them.
    /// - Returns: for each selection, the statistics of each of its groups; nil if the window holds the whole range.
    func measureBeyond(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection], _ parts: inout WindowParts
    ) -> [[MergedStatistics]]? {
        let range = MinuteRange(from: from, to: to)
        guard reachesHistory(from: from, to: to) else { return nil }
        let newest = max(history.newestMinute, evicted.newestMinute)
        var merge = GroupMerge(population, seriesCount: seriesCount(population), selections)
        let blocks = history.blocks(in: range)
        let isEvicted = { [history] (minute: Int64) in history.counts(minute: minute, in: range) }
        // Regardless of series: how many spans have been bucketed so far must not decide whether the range is rounded
        // to minutes.
        guard !blocks.isEmpty || evicted.hasSpans(where: isEvicted) else { return nil }
        var tally = SeriesTally()
        evicted.count(in: &tally, population, wanted: merge.wanted, where: isEvicted)
        for block in blocks { merge.add(block) }
        // The window may hold the rest of a minute of the range, or of the one after it.
        let window = TimeRange(
            from: HistoryTime.start(ofMinute: range.first),
            to: HistoryTime.minute(of: to) <= newest ? HistoryTime.start(ofMinute: range.end) : to)
        merge.add(HistoryBlock(tally))
        merge.add(parts.part(population, within: window, of: self))
        return merge.results
    }

    /// Whether minutes of a range may have left the window.
    func reachesHistory(from: Int64, to: Int64) -> Bool {
        MinuteRange(from: from, to: to).first <= max(history.newestMinute, evicted.newestMinute)
    }

    /// Where a range begins that doesn't reach the history: if part of its first minute has left the window, at the first
    /// minute that starts in the range (Unix nanoseconds).
    func startInWindow(from: Int64, to: Int64) -> Int64 {
        let newest = max(history.newestMinute, evicted.newestMinute)
        guard from < horizon, newest >= HistoryTime.minute(of: from) else { return from }
        return HistoryTime.start(ofMinute: MinuteRange(from: from, to: to).first)
    }

    /// Whether any spans ended in a range (Unix nanoseconds), and enough is known of the range that a series without spans
    /// was silent: at most a tenth of it has left the window without being covered by minutes of the history.
    /// - Parameter isByInstance: whether instances are distinguished, which the history doesn't do.
    package func hears(from: Int64, to: Int64, isByInstance: Bool) -> Bool {
        let known = isByInstance ? max(from, horizon) : startInWindow(from: from, to: to)
        guard known - from <= (to - from) / 10 else { return false }
        return hasSpans(from: known, to: to)
    }

    /// For series with spans that left the window: statistics of everything accepted.
    func mergedWhereEvicted(_ population: Population) -> [Int: MergedStatistics] {
        guard !history.isEmpty || !evicted.isEmpty else { return [:] }
        var merge = GroupMerge(population, seriesCount: seriesCount(population), [each(population)])
        var tally = SeriesTally()
        evicted.countAll(in: &tally, population)
        for block in history.allBlocks + [HistoryBlock(tally)] { merge.add(block) }
        tally.removeAll()
        let hasEvicted = merge.results[0].map { $0.count > 0 }
        for slot in slots {
            guard let (counts, rest) = SlotRows(slot).summarized(population) else {
                tally.add(slot, population, within: nil, wanted: hasEvicted)
                continue
            }
            merge.add(counts, where: hasEvicted)
            tally.add(rest, population, wanted: hasEvicted)
        }
        merge.add(HistoryBlock(tally))
        let merged = merge.results[0].enumerated().filter { hasEvicted[$0.offset] }
        return Dictionary(uniqueKeysWithValues: merged.map { ($0.offset, $0.element) })
    }

    /// One group for each series.
    func each(_ population: Population, quantiles: [Double] = []) -> Selection {
        let count = seriesCount(population)
        return Selection(groupOfSeries: (0..<count).map { Int32($0) }, groupCount: count, quantiles: quantiles)
    }
}

/// Counts of the window for ranges that reach into the history, made once for equal ranges.
package struct WindowParts {
    private struct Key: Hashable {
        var population: Population
        /// Unix nanoseconds; `.min` if the range begins no later than the window.
        var from: Int64
        var to: Int64
    }

    private var parts: [Key: HistoryBlock] = [:]

    package init() {}

    fileprivate mutating func part(_ population: Population, within range: TimeRange, of view: WindowView)
        -> HistoryBlock
    {
        let isWhole = range.from <= view.slots.first?.start ?? .max
        let key = Key(population: population, from: isWhole ? .min : range.from, to: range.to)
        if let part = parts[key] { return part }
        var tally = SeriesTally()
        for slot in view.slots where slot.start < range.to && slot.end > range.from {
            tally.add(slot, population, within: range, wanted: nil)
        }
        let part = HistoryBlock(tally)
        parts[key] = part
        return part
    }
}

/// Mergeable statistics of one group: counts, errors, sums and maxima are exact, quantiles within 0.55 %.
struct MergedStatistics: Sendable {
    private(set) var count = 0
    private(set) var errors = 0
    /// Sum of durations, nanoseconds.
    private(set) var sum: UInt128 = 0
    private(set) var max: Int64 = 0
    private(set) var histogram = LatencyHistogram()
    private var failed = LatencyHistogram()

    init() {}

    mutating func add(_ series: SeriesReading) {
        count += series.count
        errors += series.errors
        sum += series.sum
        max = Swift.max(max, series.max)
        for (code, count) in zip(series.codes, series.counts) { histogram.add(Int(code), count: count) }
        for (code, count) in zip(series.failedCodes, series.failedCounts) { failed.add(Int(code), count: count) }
    }

    /// Adds the series at an index of counts.
    mutating func add(_ counts: SeriesCounts, _ index: Int) {
        let series = counts.series[index]
        count += series.tally.count
        errors += series.tally.errors
        sum += UInt128(series.tally.sum)
        max = Swift.max(max, series.max)
        histogram.add(counts.cells(index))
        failed.add(counts.failedCells(index))
    }

    /// - Parameters:
    ///   - quantiles: in 0...1.
    ///   - thresholds: nanoseconds; spans within 0.55 % of one may count on either side of it.
    ///   - absent: durations of zero that were not counted.
    func statistics(
        _ quantiles: [Double], thresholds: [Int64] = [], absent: Int = 0
    ) -> LatencyStatistics {
        var statistics = LatencyStatistics()
        guard count + absent > 0 else { return statistics }
        var histogram = histogram
        if absent > 0 { histogram.add(0, count: absent) }
        statistics.count = count + absent
        statistics.errors = errors
        statistics.sum = Int128(clamping: sum)
        statistics.max = max
        statistics.quantiles = quantiles.map { min(histogram.quantile($0) ?? 0, max) }
        statistics.bad = thresholds.map { errors + histogram.count(above: $0) - failed.count(above: $0) }
        return statistics
    }
}

/// Merges blocks into the groups of selections.
struct GroupMerge {
    private let population: Population
    private let selections: [Selection]
    private var groups: [[MergedStatistics]]
    /// By series number, whether any selection has it in a group.
    let wanted: [Bool]

    init(_ population: Population, seriesCount: Int, _ selections: [Selection]) {
        self.population = population
        self.selections = selections
        groups = selections.map { Array(repeating: MergedStatistics(), count: $0.groupCount) }
        var wanted = [Bool](repeating: false, count: seriesCount)
        for selection in selections {
            for (series, group) in selection.groupOfSeries.enumerated() where group >= 0 && series < seriesCount {
                wanted[series] = true
            }
        }
        self.wanted = wanted
    }

    mutating func add(_ block: HistoryBlock) {
        block.forEachSeries { key in
            key.population == population.rawValue && key.series < wanted.count && wanted[key.series]
        } body: { series in
            for (number, selection) in selections.enumerated() where series.key.series < selection.groupOfSeries.count {
                let group = Int(selection.groupOfSeries[series.key.series])
                if group >= 0 { groups[number][group].add(series) }
            }
        }
    }

    /// Adds the counts of a slot's summary, of the series that are wanted (by number).
    mutating func add(_ counts: SeriesCounts, where isWanted: [Bool]) {
        for index in counts.series.indices where isWanted[counts.series[index].number] {
            for (number, selection) in selections.enumerated() {
                let group = Int(selection.groupOfSeries[counts.series[index].number])
                if group >= 0 { groups[number][group].add(counts, index) }
            }
        }
    }

    /// For each selection, the statistics of each of its groups.
    var results: [[MergedStatistics]] { groups }
}
