/// Counts the durations of a slot by series, for its summary. Reuses its memory from slot to slot.
struct SeriesCounter: Sendable {
    /// By index of the series; zero between slots.
    private var tallies: [LatencyTally] = []
    private var maxima: [Int64] = []
    private var codes = CodesBySeries()
    private var failed = CodesBySeries()

    /// Counts all series of a population other than parts.
    mutating func count(
        _ slot: SlotView, _ population: Population, seriesCount: Int, _ thresholds: [Int64]
    ) -> SeriesCounts {
        count(SlotRows(slot), population, seriesCount: seriesCount, thresholds)
    }

    /// The same for some of its rows.
    mutating func count(
        _ rows: SlotRows, _ population: Population, seriesCount: Int, _ thresholds: [Int64]
    ) -> SeriesCounts {
        let scope = SeriesScope(
            population, range: TimeRange(from: .min, to: .max), isWanted: Array(repeating: true, count: seriesCount))
        // The scope has every series, so an index is a series number.
        return count(rows, scope, thresholds) { $0 }
    }

    /// Counts the parts of requests: of all the series that there could be, only those that the slot has.
    ///
    /// - Returns: nil if the slot has more than `seriesMax` series.
    mutating func count(
        partsOf slot: SlotView, _ attribution: SlotAttribution, seriesCount: Int, seriesMax: Int
    ) -> SeriesCounts? {
        var groupOfSeries = [Int32](repeating: -1, count: seriesCount)
        Self.mark(attribution.parts, &groupOfSeries)
        var numbers: [Int] = []
        for series in groupOfSeries.indices where groupOfSeries[series] >= 0 {
            groupOfSeries[series] = Int32(truncatingIfNeeded: numbers.count)
            numbers.append(series)
        }
        guard numbers.count <= seriesMax else { return nil }
        let scope = SeriesScope(
            partsIn: TimeRange(from: .min, to: .max), groups: 0..<numbers.count, groupOfSeries: groupOfSeries)
        return count(SlotRows(slot), scope, []) { numbers[$0] }
    }

    // A separate function, so that addresses stay in registers.
    private static func mark(_ parts: borrowing RequestParts, _ groupOfSeries: inout [Int32]) {
        let series = parts.series.span(0..<parts.count)
        var groups = groupOfSeries.mutableSpan
        for part in series.indices { groups[Int(series[part])] = 0 }
    }

    /// - Parameter number: the number of the series at an index of the scope; grows with the index.
    private mutating func count(
        _ rows: SlotRows, _ scope: SeriesScope, _ thresholds: [Int64], number: (Int) -> Int
    ) -> SeriesCounts {
        var bad = BadCounts(thresholds: thresholds)
        bad.extend(toSeries: scope.count)
        prepare(seriesCount: scope.count)
        scope.forEachBlock(of: [rows]) { rows in
            rows.fetch(seriesCount: scope.count, withDurations: true)
            codes.makeRoom(rows.seriesIndices.count)
            Self.add(rows, &tallies, &maxima, &codes)
            bad.add(rows)
            Self.listFailed(rows, &failed)
        }
        codes.sort(seriesCount: scope.count)
        failed.sort(seriesCount: scope.count)
        return take(bad, number)
    }

    /// Counts the API server's own work on requests by their series.
    mutating func count(ownWorkOn requests: [AttributedRequest], seriesCount: Int) -> SeriesCounts {
        prepare(seriesCount: seriesCount)
        codes.makeRoom(requests.count)
        for request in requests {
            tallies[Int(request.series)].count += 1
            codes.append(request.ownBucket, Int(request.series))
        }
        codes.sort(seriesCount: seriesCount)
        failed.sort(seriesCount: seriesCount)
        return take(BadCounts(thresholds: []), { $0 })
    }

    private mutating func prepare(seriesCount: Int) {
        if tallies.count < seriesCount {
            maxima += repeatElement(0, count: seriesCount - tallies.count)
            tallies += repeatElement(LatencyTally(), count: seriesCount - tallies.count)
        }
        codes.removeAll()
        failed.removeAll()
    }

    /// Moves the counts out of the tables.
    private mutating func take(_ bad: BadCounts, _ number: (Int) -> Int) -> SeriesCounts {
        var counts = SeriesCounts(
            thresholds: bad.thresholds, series: tallies.count { $0.count > 0 }, cells: codes.distinctCount,
            failedCells: failed.distinctCount)
        for seriesIndex in tallies.indices where tallies[seriesIndex].count > 0 {
            counts.append(
                number(seriesIndex), tallies[seriesIndex], max: maxima[seriesIndex],
                bad: bad.thresholds.indices.map { bad.count(ofSeries: seriesIndex, threshold: $0) })
            tallies[seriesIndex] = LatencyTally()
            maxima[seriesIndex] = 0
            codes.forEachDistinct(seriesIndex) { counts.append(SeriesCounts.Cell(code: $0, count: $1)) }
            failed.forEachDistinct(seriesIndex) { counts.append(failed: SeriesCounts.Cell(code: $0, count: $1)) }
        }
        return counts
    }

    // A separate function, so that addresses stay in registers.
    @inline(never)
    private static func add(
        _ rows: borrowing MeasuredRows, _ tallies: inout [LatencyTally], _ maxima: inout [Int64],
        _ codes: inout CodesBySeries
    ) {
        var tallies = tallies.mutableSpan
        var maxima = maxima.mutableSpan
        rows.forEach { seriesIndex, row in
            let duration = rows.durations[row]
            tallies[seriesIndex].count &+= 1
            tallies[seriesIndex].errors &+= Int(rows.flags[row] & SpanFlags.error)
            tallies[seriesIndex].sum &+= Int128(duration)
            maxima[seriesIndex] = max(maxima[seriesIndex], duration)
            codes.append(rows.buckets[row], seriesIndex)
        }
    }

    @inline(never)
    private static func listFailed(_ rows: borrowing MeasuredRows, _ failed: inout CodesBySeries) {
        rows.forEachError { seriesIndex, row in
            failed.makeRoom(1)
            failed.append(rows.buckets[row], seriesIndex)
        }
    }
}
