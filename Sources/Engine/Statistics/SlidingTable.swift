/// Counts the spans of each line by latency bucket; spans can be added and removed.
///
/// Buckets lie in pages of 64 codes, one octave of latencies each. A line has pages only for octaves with spans, and a
/// count per octave on top: a rank's bucket is found in some 40 steps.
struct SlidingTable: Sendable {
    struct Octave: Sendable {
        /// Its page number; meaningless without spans.
        var page: UInt32 = 0
        var count: UInt32 = 0
    }

    private(set) var tallies: [LatencyTally] = []
    /// One bit for each octave with spans, by line.
    private(set) var octavesInUse: [UInt64] = []
    /// 64 per line.
    private(set) var octaves: [Octave] = []
    private(set) var cells: [UInt32] = []
    /// Unused pages, all zero.
    private var freePages: [UInt32] = []

    static let codesPerPage = 64
    static let octavesPerLine = 64

    /// Memory: 552 bytes per line, 256 per page.
    var byteCount: Int {
        tallies.capacity * (MemoryLayout<LatencyTally>.stride + 8) + octaves.capacity * 8 + cells.capacity * 4
    }

    /// Makes room for new lines.
    mutating func extend(toLines count: Int) {
        guard count > tallies.count else { return }
        let added = count - tallies.count
        tallies.append(contentsOf: repeatElement(LatencyTally(), count: added))
        octavesInUse.append(contentsOf: repeatElement(0, count: added))
        octaves.append(contentsOf: repeatElement(Octave(), count: added * Self.octavesPerLine))
    }

    /// A row whose page doesn't exist yet.
    private struct Miss {
        var line: UInt16
        var code: UInt16
    }

    mutating func add(_ rows: borrowing MeasuredRows) {
        var misses: [Miss] = []
        Self.addToPages(rows, &tallies, &octaves, &cells, &misses)
        for miss in misses {
            let line = Int(miss.line)
            let code = Int(miss.code)
            let octave = line * Self.octavesPerLine + code / Self.codesPerPage
            if octaves[octave].count == 0 {
                octaves[octave].page = takePage()
                octavesInUse[line] |= 1 << UInt64(code / Self.codesPerPage)
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
        rows.forEach { line, place in
            let code = Int(rows.buckets[place])
            tallies[line].count &+= 1
            tallies[line].errors &+= Int(rows.flags[place] & SpanFlags.error)
            tallies[line].sum &+= Int128(rows.durations[place])
            let octave = line &* octavesPerLine &+ code &>> 6
            guard octaves[octave].count > 0 else {
                misses.append(Miss(line: UInt16(truncatingIfNeeded: line), code: rows.buckets[place]))
                return
            }
            octaves[octave].count &+= 1
            cells[Int(octaves[octave].page) &* codesPerPage &+ code & 63] &+= 1
        }
    }

    /// Removes rows that were added before under the same lines.
    mutating func remove(_ rows: borrowing MeasuredRows) {
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
        rows.forEach { line, place in
            let code = Int(rows.buckets[place])
            tallies[line].count &-= 1
            tallies[line].errors &-= Int(rows.flags[place] & SpanFlags.error)
            tallies[line].sum &-= Int128(rows.durations[place])
            let octave = line &* octavesPerLine &+ code &>> 6
            let page = octaves[octave].page
            cells[Int(page) &* codesPerPage &+ code & 63] -= 1
            octaves[octave].count -= 1
            if octaves[octave].count == 0 {
                octavesInUse[line] &= ~(1 << UInt64(code &>> 6))
                freePages.append(page)
            }
        }
    }

    /// Calls `body` with each line that has spans, then `cell` with its buckets in order, and removes them.
    mutating func removeAll(
        _ body: (_ line: Int, LatencyTally) -> Void, cell: (_ code: UInt16, _ count: UInt32) -> Void
    ) {
        for line in tallies.indices where tallies[line].count > 0 {
            body(line, tallies[line])
            tallies[line] = LatencyTally()
            while octavesInUse[line] != 0 {
                let octave = octavesInUse[line].trailingZeroBitCount
                octavesInUse[line] &= octavesInUse[line] &- 1
                let page = octaves[line * Self.octavesPerLine + octave].page
                octaves[line * Self.octavesPerLine + octave].count = 0
                freePages.append(page)
                let first = Int(page) * Self.codesPerPage
                for code in 0..<Self.codesPerPage where cells[first + code] > 0 {
                    cell(UInt16(octave * Self.codesPerPage + code), cells[first + code])
                    cells[first + code] = 0
                }
            }
        }
    }

    // MARK: Summaries

    /// Adds the spans of a summary.
    ///
    /// - Parameter indexOfSeries: the line of each series, or `SeriesScope.noLine`.
    mutating func add(_ counts: SeriesCounts, _ indexOfSeries: [UInt16]) {
        for place in counts.series.indices {
            let series = counts.series[place]
            let line = Int(indexOfSeries[series.number])
            guard line != SeriesScope.noLine else { continue }
            tallies[line] += series.tally
            let cells = counts.cells(place)
            for index in cells.indices {
                let code = Int(cells[index].code)
                let octave = line * Self.octavesPerLine + code / Self.codesPerPage
                if octaves[octave].count == 0 {
                    octaves[octave].page = takePage()
                    octavesInUse[line] |= 1 << UInt64(code / Self.codesPerPage)
                }
                octaves[octave].count += cells[index].count
                self.cells[Int(octaves[octave].page) * Self.codesPerPage + code % Self.codesPerPage] +=
                    cells[index].count
            }
        }
    }

    /// Removes the spans of a summary that were added before under the same lines.
    mutating func remove(_ counts: SeriesCounts, _ indexOfSeries: [UInt16]) {
        for place in counts.series.indices {
            let series = counts.series[place]
            let line = Int(indexOfSeries[series.number])
            guard line != SeriesScope.noLine else { continue }
            tallies[line] -= series.tally
            let cells = counts.cells(place)
            for index in cells.indices {
                let code = Int(cells[index].code)
                let octave = line * Self.octavesPerLine + code / Self.codesPerPage
                let page = octaves[octave].page
                self.cells[Int(page) * Self.codesPerPage + code % Self.codesPerPage] -= cells[index].count
                octaves[octave].count -= cells[index].count
                if octaves[octave].count == 0 {
                    octavesInUse[line] &= ~(1 << UInt64(code / Self.codesPerPage))
                    freePages.append(page)
                }
            }
        }
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
            let line = Int(indexOfSeries[Int(series[index])])
            var left = octavesInUse[line]
            inUse |= left
            while left != 0 {
                let octave = left.trailingZeroBitCount
                totals[octave] &+= Int(octaves[line &* Self.octavesPerLine &+ octave].count)
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
            let line = Int(indexOfSeries[Int(series[index])])
            guard octavesInUse[line] &>> UInt64(octave) & 1 == 1 else { continue }
            let first = Int(octaves[line &* Self.octavesPerLine &+ octave].page) &* Self.codesPerPage
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
