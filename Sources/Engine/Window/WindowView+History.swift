extension WindowView {
    /// Statistics of spans that end in `from..<to` (Unix nanoseconds), from the window and the history.
    ///
    /// - Parameter parts: counts of the window made for other ranges; ranges that begin before the window and end at
    ///   the same time share them.
    /// - Returns: for each selection, the statistics of each of its groups; nil if nothing is known of the range but what the
    ///   window holds.
    func measureBeyond(
        _ population: Population, _ range: RangeBeyond, _ selections: [Selection], _ parts: inout WindowParts
    ) -> [[MergedStatistics]]? {
        let minutes = range.minutes
        var merge = GroupMerge(population, seriesCount: seriesCount(population), selections)
        let blocks = history.blocks(in: minutes)
        let isEvicted = { [history] (minute: Int64) in history.counts(minute: minute, in: minutes) }
        // Regardless of series: how many spans have been bucketed so far must not decide it.
        guard !blocks.isEmpty || evicted.hasSpans(where: isEvicted) else { return nil }
        var tally = SeriesTally()
        evicted.count(in: &tally, population, wanted: merge.wanted, where: isEvicted)
        for block in blocks { merge.add(block) }
        merge.add(HistoryBlock(tally))
        merge.add(parts.part(population, within: range.covered, of: self))
        return merge.results
    }

    /// What a range (Unix nanoseconds) is made of if spans that ended in it may have left the window; nil if none have.
    func beyond(from: Int64, to: Int64) -> RangeBeyond? {
        let newest = max(history.newestMinute, evicted.newestMinute)
        let first = from < horizon ? HistoryTime.minute(of: from) : HistoryTime.firstMinute(from: from)
        guard from < to, first <= newest else { return nil }
        return RangeBeyond(from: from, to: to, horizon: horizon)
    }

    /// How long the time is that statistics of a range (Unix nanoseconds) are about, relative to it.
    package func coverage(of range: Range<Int64>) -> Double {
        beyond(from: range.lowerBound, to: range.upperBound)?.coverage ?? 1
    }

    /// Whether any spans ended in a range (Unix nanoseconds), and enough is known of the range that a series without spans
    /// was silent: at most a tenth of it has left the window without being covered by minutes of the history.
    /// - Parameter isByInstance: whether instances are distinguished, which the history doesn't do.
    package func hears(from: Int64, to: Int64, isByInstance: Bool) -> Bool {
        let known = isByInstance ? max(from, horizon) : beyond(from: from, to: to)?.covered.from ?? from
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

extension Selection {
    func statistics(of groups: [MergedStatistics]) -> [LatencyStatistics] {
        groups.enumerated().map { group, merged in
            merged.statistics(quantiles, thresholds: thresholds, absent: absent(group, rows: merged.count))
        }
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
