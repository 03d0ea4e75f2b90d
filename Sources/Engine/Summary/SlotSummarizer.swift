/// Creates the summaries of slots. Reuses its tables from slot to slot.
package struct SlotSummarizer: Sendable {
    private var spans = SeriesCounter(.spans)
    private var requests = SeriesCounter(.requests)
    private let rowsMin: Int

    /// - Parameter rowsMin: a slot of fewer rows gets no summary.
    package init(rowsMin: Int) {
        self.rowsMin = rowsMin
    }

    package var byteCount: Int { spans.byteCount + requests.byteCount }

    /// Summarizes the slots of a view that ended by a time (Unix nanoseconds), have enough rows and no summary yet.
    ///
    /// - Parameter thresholds: durations, nanoseconds; rules call a longer span bad.
    /// - Returns: the new summaries with the starts of their slots, to store in the window. The view already has them.
    package mutating func summarize(
        _ view: inout WindowView, upTo time: Int64, thresholds: [Int64]
    ) -> [(slot: Int64, summary: SlotSummary)] {
        var made: [(slot: Int64, summary: SlotSummary)] = []
        for index in view.slots.indices {
            let slot = view.slots[index]
            guard slot.end <= time, slot.summary == nil, slot.count >= rowsMin else { continue }
            let summary = SlotSummary(
                rowCount: slot.count,
                spans: spans.count(slot, seriesCount: view.seriesCount(.spans), thresholds),
                requests: requests.count(slot, seriesCount: view.seriesCount(.requests), thresholds))
            view.attach(summary, toSlotAt: index)
            made.append((slot.start, summary))
        }
        return made
    }
}

/// Counts the spans of a slot by series.
private struct SeriesCounter: Sendable {
    private let population: Population
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

    init(_ population: Population) {
        self.population = population
    }

    var byteCount: Int { table.byteCount + maxima.capacity * 8 + failed.capacity * MemoryLayout<FailedSpan>.stride }

    mutating func count(_ slot: SlotView, seriesCount: Int, _ thresholds: [Int64]) -> SeriesCounts {
        let scope = SeriesScope(
            population, range: TimeRange(from: .min, to: .max), isWanted: Array(repeating: true, count: seriesCount))
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
        return take(bad)
    }

    /// Moves the counts out of the tables. Indices are series numbers, because the scope has every series.
    private mutating func take(_ bad: BadCounts) -> SeriesCounts {
        var counts = SeriesCounts(thresholds: bad.thresholds)
        var next = failed.startIndex
        table.removeAll { seriesIndex, tally in
            counts.append(
                seriesIndex, tally, max: maxima[seriesIndex],
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
        rows.forEach { seriesIndex, rowIndex in maxima[seriesIndex] = max(maxima[seriesIndex], rows.durations[rowIndex])
        }
    }

    @inline(never)
    private static func listFailed(_ rows: borrowing MeasuredRows, _ failed: inout [FailedSpan]) {
        rows.forEachError { seriesIndex, rowIndex in
            failed.append(
                FailedSpan(seriesIndex: UInt16(truncatingIfNeeded: seriesIndex), code: rows.buckets[rowIndex]))
        }
    }
}
