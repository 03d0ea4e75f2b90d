/// Exact nearest-rank quantiles. The first scan shows which bucket holds each rank; a second scan collects only the
/// durations in these buckets, and the rank is selected among them.
struct ExactQuantile {
    private struct Wish {
        /// The cells that hold the value, as a range of `cells`.
        var cells: Range<Int>
        /// 0-based rank among the durations in the cells.
        var rank: Int
        var selection: Int
        var group: Int
        /// The number of the quantile in the selection; one past the last is the maximum.
        var quantile: Int
    }

    private let table: LatencyTable
    private var wanted: WantedDurations
    private var cells: [Int] = []
    private var wishes: [Wish] = []
    /// Spans of the current group by column.
    private var counts: [UInt32]

    private init(_ table: LatencyTable) {
        self.table = table
        wanted = WantedDurations(table)
        counts = Array(repeating: 0, count: table.columns.count)
    }

    static func statistics(
        of selections: [Selection], in table: LatencyTable, slots: [SlotView]
    ) -> [[LatencyStatistics]] {
        var quantiles = ExactQuantile(table)
        var results = selections.enumerated().map { quantiles.count($1, number: $0) }
        quantiles.wanted.collect(slots)
        for wish in quantiles.wishes {
            let value = quantiles.wanted.value(rank: wish.rank, among: quantiles.cells[wish.cells])
            if wish.quantile == selections[wish.selection].quantiles.count {
                results[wish.selection][wish.group].max = value
            } else {
                results[wish.selection][wish.group].quantiles[wish.quantile] = value
            }
        }
        return results
    }

    /// Statistics of request parts, or of series by instance: some tens of thousands of groups at a time.
    static func statistics(
        ofGroups selection: Selection, _ population: Population, in range: TimeRange, slots: [SlotView]
    ) -> [LatencyStatistics] {
        var results: [LatencyStatistics] = []
        while results.count < selection.groupCount {
            let groups = results.count..<min(results.count + groupsMax, selection.groupCount)
            let scope = SeriesScope.of(groups, in: selection, population, range: range)
            let seriesIndices = Selection(
                groupOfSeries: (0..<groups.count).map { Int32($0) }, groupCount: groups.count,
                quantiles: selection.quantiles, wantsMax: selection.wantsMax, thresholds: selection.thresholds,
                counts: Array(selection.counts.dropFirst(groups.lowerBound)))
            var statistics = statistics(of: [seriesIndices], in: LatencyTable(scope, slots: slots), slots: slots)
            BadCounts.fill(&statistics, [seriesIndices], scope, slots)
            results += statistics[0]
        }
        return results
    }

    /// Each group counts as a series, of which a scan has fewer than 65,536.
    static let groupsMax = 60_000

    /// The statistics that the first scan yields for each group; queues the quantiles that the second has to find.
    private mutating func count(_ selection: Selection, number: Int) -> [LatencyStatistics] {
        let groups = GroupSeries(selection, table.scope)
        // The maximum is the last quantile.
        let wanted = selection.quantiles + (selection.wantsMax ? [1] : [])
        let quantiles = wanted.enumerated().sorted { $0.element < $1.element }
        return (0..<selection.groupCount).map { group in
            var statistics = LatencyStatistics()
            let rows = count(groups[group])
            let absent = selection.absent(group, rows: rows)
            statistics.count = rows + absent
            guard statistics.count > 0 else { return statistics }
            for seriesIndex in groups[group] {
                statistics.errors += table.errors[Int(seriesIndex)]
                statistics.sum += table.sums[Int(seriesIndex)]
            }
            statistics.quantiles = Array(repeating: 0, count: selection.quantiles.count)
            var before = absent
            var column = 0
            var holders: Range<Int>?
            for (quantile, fraction) in quantiles {
                let rank = Self.rank(fraction, of: statistics.count)
                guard rank > absent else { continue }
                while before + Int(counts[column]) < rank {
                    before += Int(counts[column])
                    column += 1
                    holders = nil
                }
                let found = holders ?? want(column, of: groups[group])
                holders = found
                wishes.append(
                    Wish(cells: found, rank: rank - before - 1, selection: number, group: group, quantile: quantile))
            }
            return statistics
        }
    }

    /// Counts the spans of some series by column; returns their total.
    private mutating func count(_ seriesIndices: ArraySlice<UInt16>) -> Int {
        for column in counts.indices { counts[column] = 0 }
        for seriesIndex in seriesIndices { table.add(Int(seriesIndex), to: &counts) }
        return counts.reduce(0) { $0 &+ Int($1) }
    }

    private mutating func want(_ column: Int, of seriesIndices: ArraySlice<UInt16>) -> Range<Int> {
        let start = cells.count
        for seriesIndex in seriesIndices {
            let cell = table.columns.cells(Int(seriesIndex)).lowerBound + column
            guard table.count(ofCell: cell) > 0 else { continue }
            cells.append(cell)
            wanted.want(cell)
        }
        return start..<cells.count
    }

    /// The 1-based rank of a quantile among `count` values: ceil(q·n), within 1...n.
    static func rank(_ quantile: Double, of count: Int) -> Int {
        // Steps down twice first: 0.07 × 100 is a little over 7 in doubles.
        let exact = (quantile * Double(count)).nextDown.nextDown.rounded(.up)
        guard exact >= 1 else { return 1 }
        return exact >= Double(count) ? count : Int(exact)
    }
}

/// A table's series by group of a selection.
private struct GroupSeries {
    private var seriesIndices: [UInt16]
    /// The first series of each group, then the end of all.
    private var starts: [Int]

    init(_ selection: Selection, _ scope: SeriesScope) {
        let grouped = zip(selection.groupOfSeries, scope.indexOfSeries).filter { group, _ in group >= 0 }
        starts = Array(repeating: 0, count: selection.groupCount + 1)
        for (group, _) in grouped { starts[Int(group) + 1] += 1 }
        for group in 0..<selection.groupCount { starts[group + 1] += starts[group] }
        seriesIndices = Array(repeating: 0, count: grouped.count)
        var next = starts
        for (group, seriesIndex) in grouped {
            seriesIndices[next[Int(group)]] = seriesIndex
            next[Int(group)] += 1
        }
    }

    subscript(group: Int) -> ArraySlice<UInt16> { seriesIndices[starts[group]..<starts[group + 1]] }
}
