/// Counts the durations of a slot by series, for its summary. Reuses its memory from slot to slot.
struct SeriesCounter: Sendable {
    /// By index of the series; zero between slots.
    private var tallies: [LatencyTally] = []
    private var maxima: [Int64] = []
    private var codes = CodesBySeries()
    private var failed = CodesBySeries()
    /// By series of `Population.parts`: its index in the slot at hand; `SeriesScope.noSeries` between slots.
    private var partIndices: [UInt16] = []

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
        _ parts: borrowing RequestParts, seriesCount: Int, seriesMax: Int
    ) -> SeriesCounts? {
        if partIndices.count < seriesCount {
            partIndices += repeatElement(SeriesScope.noSeries, count: seriesCount - partIndices.count)
        }
        var numbers = Self.list(parts, &partIndices)
        defer { for number in numbers { partIndices[number] = SeriesScope.noSeries } }
        guard numbers.count <= seriesMax else { return nil }
        numbers.sort()
        for (index, number) in numbers.enumerated() { partIndices[number] = UInt16(truncatingIfNeeded: index) }
        prepare(seriesCount: numbers.count)
        Self.add(parts, partIndices, &tallies, &maxima, &codes)
        Self.listFailed(parts, partIndices, &failed)
        codes.sort(seriesCount: numbers.count)
        failed.sort(seriesCount: numbers.count)
        return take(BadCounts(thresholds: [])) { numbers[$0] }
    }

    /// Lists the series of parts, and marks them. (A separate function, so that addresses stay in registers.)
    private static func list(_ parts: borrowing RequestParts, _ indices: inout [UInt16]) -> [Int] {
        let series = parts.series.span(0..<parts.count)
        var indices = indices.mutableSpan
        var numbers: [Int] = []
        for part in series.indices where indices[Int(series[part])] == SeriesScope.noSeries {
            indices[Int(series[part])] = 0
            numbers.append(Int(series[part]))
        }
        return numbers
    }

    private static func add(
        _ parts: borrowing RequestParts, _ indices: [UInt16], _ tallies: inout [LatencyTally],
        _ maxima: inout [Int64], _ codes: inout CodesBySeries
    ) {
        let all = 0..<parts.count
        let (series, durations) = (parts.series.span(all), parts.durations.span(all))
        let (buckets, flags) = (parts.buckets.span(all), parts.flags.span(all))
        let indices = indices.span
        var tallies = tallies.mutableSpan
        var maxima = maxima.mutableSpan
        codes.append(parts.count) { part in
            let seriesIndex = Int(indices[Int(series[part])])
            let duration = durations[part]
            tallies[seriesIndex].count &+= 1
            tallies[seriesIndex].errors &+= Int(flags[part] & SpanFlags.error)
            tallies[seriesIndex].sum &+= Int128(duration)
            maxima[seriesIndex] = max(maxima[seriesIndex], duration)
            return (buckets[part], seriesIndex)
        }
    }

    private static func listFailed(
        _ parts: borrowing RequestParts, _ indices: [UInt16], _ failed: inout CodesBySeries
    ) {
        for part in 0..<parts.count where parts.flags[part] & SpanFlags.error != 0 {
            failed.append(parts.buckets[part], Int(indices[Int(parts.series[part])]))
        }
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
        codes.append(requests.count) { number in
            let series = Int(requests[number].series)
            tallies[series].count += 1
            return (requests[number].ownBucket, series)
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
            thresholds: bad.thresholds, series: tallies.count { $0.count > 0 }, cells: codes.takeCells(),
            failedCells: failed.takeCells())
        for seriesIndex in tallies.indices where tallies[seriesIndex].count > 0 {
            counts.append(
                number(seriesIndex), tallies[seriesIndex], max: maxima[seriesIndex],
                firstCell: codes.firstCell(seriesIndex), firstFailed: failed.firstCell(seriesIndex)
            ) {
                bad.count(ofSeries: seriesIndex, threshold: $0)
            }
            tallies[seriesIndex] = LatencyTally()
            maxima[seriesIndex] = 0
        }
        return counts
    }

    // A separate function, so that addresses stay in registers.
    @inline(never)
    private static func add(
        _ rows: borrowing MeasuredRows, _ tallies: inout [LatencyTally], _ maxima: inout [Int64],
        _ codes: inout CodesBySeries
    ) {
        let (seriesIndices, rowIndices) = (rows.seriesIndices, rows.rowIndices)
        var tallies = tallies.mutableSpan
        var maxima = maxima.mutableSpan
        codes.append(seriesIndices.count) { number in
            let seriesIndex = Int(seriesIndices[number])
            let row = rowIndices.isEmpty ? number : Int(rowIndices[number])
            let duration = rows.durations[row]
            tallies[seriesIndex].count &+= 1
            tallies[seriesIndex].errors &+= Int(rows.flags[row] & SpanFlags.error)
            tallies[seriesIndex].sum &+= Int128(duration)
            maxima[seriesIndex] = max(maxima[seriesIndex], duration)
            return (rows.buckets[row], seriesIndex)
        }
    }

    @inline(never)
    private static func listFailed(_ rows: borrowing MeasuredRows, _ failed: inout CodesBySeries) {
        rows.forEachError { seriesIndex, row in failed.append(rows.buckets[row], seriesIndex) }
    }
}
