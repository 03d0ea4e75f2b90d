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

    /// For each selection, the statistics of each of its groups.
    var results: [[MergedStatistics]] { groups }
}
