/// Counts the durations of a slot by series, for its summary. Reuses its tables from slot to slot.
struct SeriesCounter: Sendable {
    private var table = SlidingTable()
    private var maxima: [Int64] = []
    private var failed: [FailedSpan] = []

    private struct FailedSpan: Comparable {
        var seriesIndex: UInt16
        var code: UInt16

        static func < (left: FailedSpan, right: FailedSpan) -> Bool {
            (left.seriesIndex, left.code) < (right.seriesIndex, right.code)
        }
    }

    /// Counts all series of a population other than parts.
    mutating func count(
        _ slot: SlotView, _ population: Population, seriesCount: Int, _ thresholds: [Int64]
    ) -> SeriesCounts {
        let scope = SeriesScope(
            population, range: TimeRange(from: .min, to: .max), isWanted: Array(repeating: true, count: seriesCount))
        // The scope has every series, so an index is a series number.
        return count(slot, scope, thresholds) { $0 }
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
        return count(slot, scope, []) { numbers[$0] }
    }

    // A separate function, so that addresses stay in registers.
    private static func mark(_ parts: borrowing RequestParts, _ groupOfSeries: inout [Int32]) {
        let series = parts.series.span(0..<parts.count)
        var groups = groupOfSeries.mutableSpan
        for part in series.indices { groups[Int(series[part])] = 0 }
    }

    /// - Parameter number: the number of the series at an index of the scope; grows with the index.
    private mutating func count(
        _ slot: SlotView, _ scope: SeriesScope, _ thresholds: [Int64], number: (Int) -> Int
    ) -> SeriesCounts {
        var bad = BadCounts(thresholds: thresholds)
        bad.extend(toSeries: scope.count)
        table.extend(toSeries: scope.count)
        if maxima.count < scope.count { maxima += repeatElement(0, count: scope.count - maxima.count) }
        failed.removeAll(keepingCapacity: true)
        scope.forEachBlock(of: [slot]) { rows in
            rows.fetch(seriesCount: scope.count, withDurations: true)
            table.add(rows)
            bad.add(rows)
            Self.findMaxima(rows, &maxima)
            Self.listFailed(rows, &failed)
        }
        failed.sort()
        return take(bad, number)
    }

    /// Moves the counts out of the tables.
    private mutating func take(_ bad: BadCounts, _ number: (Int) -> Int) -> SeriesCounts {
        var counts = SeriesCounts(thresholds: bad.thresholds)
        var next = failed.startIndex
        table.removeAll { seriesIndex, tally in
            counts.append(
                number(seriesIndex), tally, max: maxima[seriesIndex],
                bad: bad.thresholds.indices.map { bad.count(ofSeries: seriesIndex, threshold: $0) })
            maxima[seriesIndex] = 0
            while next < failed.endIndex, failed[next].seriesIndex == seriesIndex {
                let first = next
                while next < failed.endIndex, failed[next] == failed[first] { next += 1 }
                counts.append(failed: SeriesCounts.Cell(code: failed[first].code, count: UInt32(next - first)))
            }
        } cell: { code, count in
            counts.append(SeriesCounts.Cell(code: code, count: count))
        }
        return counts
    }

    @inline(never)
    private static func findMaxima(_ rows: borrowing MeasuredRows, _ maxima: inout [Int64]) {
        var maxima = maxima.mutableSpan
        rows.forEach { seriesIndex, row in maxima[seriesIndex] = max(maxima[seriesIndex], rows.durations[row]) }
    }

    @inline(never)
    private static func listFailed(_ rows: borrowing MeasuredRows, _ failed: inout [FailedSpan]) {
        rows.forEachError { seriesIndex, row in
            failed.append(FailedSpan(seriesIndex: UInt16(truncatingIfNeeded: seriesIndex), code: rows.buckets[row]))
        }
    }
}
