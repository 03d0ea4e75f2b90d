/// Counts the spans of each series by latency bucket; spans can be added and removed.
///
/// Buckets lie in pages of 64 codes, one octave of latencies each. A series has pages only for octaves with spans, and a
/// count per octave on top: a rank's bucket is found in some 40 steps.
struct SlidingTable: Sendable {
    struct Octave: Sendable {
        /// Its page number; meaningless without spans.
        var page: UInt32 = 0
        var count: UInt32 = 0
    }

    private(set) var tallies: [LatencyTally] = []
    /// One bit for each octave with spans, by series.
    private(set) var octavesInUse: [UInt64] = []
    /// 64 per series.
    private(set) var octaves: [Octave] = []
    private(set) var cells: [UInt32] = []
    /// Unused pages, all zero.
    private var freePages: [UInt32] = []
    /// Otherwise only tallies.
    let keepsBuckets: Bool

    static let codesPerPage = 64
    static let octavesPerSeries = 64

    init(keepsBuckets: Bool) {
        self.keepsBuckets = keepsBuckets
    }

    /// Memory: 552 bytes per series, 256 per page; 40 bytes per series without buckets.
    var byteCount: Int {
        tallies.capacity * (MemoryLayout<LatencyTally>.stride + 8) + octaves.capacity * 8 + cells.capacity * 4
    }

    /// Makes room for new series.
    mutating func extend(toSeries count: Int) {
        guard count > tallies.count else { return }
        let added = count - tallies.count
        tallies.append(contentsOf: repeatElement(LatencyTally(), count: added))
        guard keepsBuckets else { return }
        octavesInUse.append(contentsOf: repeatElement(0, count: added))
        octaves.append(contentsOf: repeatElement(Octave(), count: added * Self.octavesPerSeries))
    }

    /// A row whose page doesn't exist yet.
    private struct Miss {
        var seriesIndex: UInt16
        var code: UInt16
    }

    mutating func add(_ rows: borrowing MeasuredRows) {
        guard keepsBuckets else { return Self.add(rows, to: &tallies, step: 1) }
        var misses: [Miss] = []
        Self.addToPages(rows, &tallies, &octaves, &cells, &misses)
        for miss in misses {
            let seriesIndex = Int(miss.seriesIndex)
            let code = Int(miss.code)
            let octave = seriesIndex * Self.octavesPerSeries + code / Self.codesPerPage
            if octaves[octave].count == 0 {
                octaves[octave].page = takePage()
                octavesInUse[seriesIndex] |= 1 << UInt64(code / Self.codesPerPage)
            }
            octaves[octave].count += 1
            cells[Int(octaves[octave].page) * Self.codesPerPage + code % Self.codesPerPage] += 1
        }
    }

    /// Skips the few rows without a page, except for their tally.
    @inline(__always)
    private static func addToPages(
        _ rows: borrowing MeasuredRows, _ tallies: inout [LatencyTally], _ octaves: inout [Octave],
        _ cells: inout [UInt32], _ misses: inout [Miss]
    ) {
        var tallies = tallies.mutableSpan
        var octaves = octaves.mutableSpan
        var cells = cells.mutableSpan
        rows.forEach { seriesIndex, rowIndex in
            let code = Int(rows.buckets[rowIndex])
            tallies[seriesIndex].count &+= 1
            tallies[seriesIndex].errors &+= Int(rows.flags[rowIndex] & SpanFlags.error)
            tallies[seriesIndex].sum &+= Int128(rows.durations[rowIndex])
            let octave = seriesIndex &* octavesPerSeries &+ code &>> 6
            guard octaves[octave].count > 0 else {
                misses.append(Miss(seriesIndex: UInt16(truncatingIfNeeded: seriesIndex), code: rows.buckets[rowIndex]))
                return
            }
            octaves[octave].count &+= 1
            cells[Int(octaves[octave].page) &* codesPerPage &+ code & 63] &+= 1
        }
    }

    /// - Parameter step: 1 to add, -1 to remove.
    private static func add(_ rows: borrowing MeasuredRows, to tallies: inout [LatencyTally], step: Int) {
        var tallies = tallies.mutableSpan
        rows.forEach { seriesIndex, rowIndex in
            tallies[seriesIndex].count &+= step
            tallies[seriesIndex].errors &+= step &* Int(rows.flags[rowIndex] & SpanFlags.error)
            tallies[seriesIndex].sum &+= Int128(step) &* Int128(rows.durations[rowIndex])
        }
    }

    /// Removes rows that were added before under the same series.
    mutating func remove(_ rows: borrowing MeasuredRows) {
        guard keepsBuckets else { return Self.add(rows, to: &tallies, step: -1) }
        Self.remove(rows, &tallies, &octaves, &cells, &octavesInUse, &freePages)
    }

    @inline(__always)
    private static func remove(
        _ rows: borrowing MeasuredRows, _ tallies: inout [LatencyTally], _ octaves: inout [Octave],
        _ cells: inout [UInt32], _ octavesInUse: inout [UInt64], _ freePages: inout [UInt32]
    ) {
        var tallies = tallies.mutableSpan
        var octaves = octaves.mutableSpan
        var cells = cells.mutableSpan
        rows.forEach { seriesIndex, rowIndex in
            let code = Int(rows.buckets[rowIndex])
            tallies[seriesIndex].count &-= 1
            tallies[seriesIndex].errors &-= Int(rows.flags[rowIndex] & SpanFlags.error)
            tallies[seriesIndex].sum &-= Int128(rows.durations[rowIndex])
            let octave = seriesIndex &* octavesPerSeries &+ code &>> 6
            let page = octaves[octave].page
            cells[Int(page) &* codesPerPage &+ code & 63] -= 1
            octaves[octave].count -= 1
            if octaves[octave].count == 0 {
                octavesInUse[seriesIndex] &= ~(1 << UInt64(code &>> 6))
                freePages.append(page)
            }
        }
    }

    // MARK: Summaries

    /// Adds the spans of a summary.
    ///
    /// - Parameter indexOfSeries: the index of each series, or `SeriesScope.noSeries`.
    mutating func add(_ counts: SeriesCounts, _ indexOfSeries: [UInt16]) {
        for position in counts.series.indices {
            guard let index = index(of: counts.series[position], indexOfSeries) else { continue }
            tallies[index] += counts.series[position].tally
            guard keepsBuckets else { continue }
            let added = counts.cells(position)
            for cell in added.indices {
                let (octave, bit, code) = Self.parts(of: Int(added[cell].code), ofSeries: index)
                if octaves[octave].count == 0 {
                    octaves[octave].page = takePage()
                    octavesInUse[index] |= bit
                }
                octaves[octave].count += added[cell].count
                cells[Int(octaves[octave].page) * Self.codesPerPage + code] += added[cell].count
            }
        }
    }

    /// Removes the spans of a summary that were added before under the same series.
    mutating func remove(_ counts: SeriesCounts, _ indexOfSeries: [UInt16]) {
        for position in counts.series.indices {
            guard let index = index(of: counts.series[position], indexOfSeries) else { continue }
            tallies[index] -= counts.series[position].tally
            guard keepsBuckets else { continue }
            let removed = counts.cells(position)
            for cell in removed.indices {
                let (octave, bit, code) = Self.parts(of: Int(removed[cell].code), ofSeries: index)
                let page = octaves[octave].page
                cells[Int(page) * Self.codesPerPage + code] -= removed[cell].count
                octaves[octave].count -= removed[cell].count
                if octaves[octave].count == 0 {
                    octavesInUse[index] &= ~bit
                    freePages.append(page)
                }
            }
        }
    }

    /// The index of a series; nil if the scope doesn't have it.
    private func index(of series: SeriesCounts.Series, _ indexOfSeries: [UInt16]) -> Int? {
        let index = indexOfSeries[series.number]
        return index == SeriesScope.noSeries ? nil : Int(index)
    }

    /// The octave of a bucket code, its bit in `octavesInUse`, and the code within its page.
    private static func parts(of code: Int, ofSeries index: Int) -> (octave: Int, bit: UInt64, code: Int) {
        let octave = code / codesPerPage
        return (index * octavesPerSeries + octave, 1 << UInt64(octave), code % codesPerPage)
    }

    private mutating func takePage() -> UInt32 {
        if let page = freePages.popLast() { return page }
        let page = UInt32(cells.count / Self.codesPerPage)
        cells.append(contentsOf: repeatElement(0, count: Self.codesPerPage))
        return page
    }
}

extension SlidingTable {
    /// The bucket code at a 1-based rank among the spans of some series, which must have that many.
    func code(ofRank rank: Int, in series: Span<Int32>, _ indexOfSeries: [UInt16]) -> Int {
        var inUse: UInt64 = 0
        var totals = InlineArray<64, Int>(repeating: 0)
        for index in series.indices {
            let seriesIndex = Int(indexOfSeries[Int(series[index])])
            var left = octavesInUse[seriesIndex]
            inUse |= left
            while left != 0 {
                let octave = left.trailingZeroBitCount
                totals[octave] &+= Int(octaves[seriesIndex &* Self.octavesPerSeries &+ octave].count)
                left &= left &- 1
            }
        }
        var remaining = rank
        var octave = inUse.trailingZeroBitCount
        while remaining > totals[octave] {
            remaining -= totals[octave]
            inUse &= inUse &- 1
            octave = inUse.trailingZeroBitCount
        }

        var inOctave = InlineArray<64, Int>(repeating: 0)
        for index in series.indices {
            let seriesIndex = Int(indexOfSeries[Int(series[index])])
            guard octavesInUse[seriesIndex] &>> UInt64(octave) & 1 == 1 else { continue }
            let first = Int(octaves[seriesIndex &* Self.octavesPerSeries &+ octave].page) &* Self.codesPerPage
            for code in 0..<Self.codesPerPage { inOctave[code] &+= Int(cells[first &+ code]) }
        }
        var code = 0
        while remaining > inOctave[code] {
            remaining -= inOctave[code]
            code += 1
        }
        return octave * Self.codesPerPage + code
    }
}

/// The exact counts of some spans, known without looking at each again.
package struct LatencyTally: Equatable, Sendable {
    package var count = 0
    package var errors = 0
    /// Sum of durations, nanoseconds.
    package var sum: Int128 = 0

    package init() {}

    static func += (left: inout LatencyTally, right: LatencyTally) {
        left.count &+= right.count
        left.errors &+= right.errors
        left.sum &+= right.sum
    }

    static func -= (left: inout LatencyTally, right: LatencyTally) {
        left.count &-= right.count
        left.errors &-= right.errors
        left.sum &-= right.sum
    }
}
