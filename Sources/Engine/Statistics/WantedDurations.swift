/// The second of two scans: collects the durations in table cells that hold a wanted quantile.
struct WantedDurations {
    private let table: LatencyTable
    /// One bit per table cell. Few cells are wanted, and the scan checks every row.
    private var wanted: [UInt64]
    /// The number of wanted cells before each word of `wanted`.
    private var ordinals: [UInt32] = []
    /// The end of each wanted cell's durations so far; the first scan tells how many it will have.
    private var ends: [Int] = []
    private var durations: [Int64] = []

    init(_ table: LatencyTable) {
        self.table = table
        wanted = Array(repeating: 0, count: table.cellCount / 64 + 1)
    }

    mutating func want(_ cell: Int) {
        wanted[cell / 64] |= 1 << UInt64(cell % 64)
    }

    mutating func collect(_ slots: [SlotView]) {
        reserve()
        guard !durations.isEmpty else { return }
        var rowIndices = Scratch<UInt16>()
        var cells = Scratch<Int>()
        var values = Scratch<Int64>()
        for (part, count) in slots.flatMap(parts) {
            var missing = count
            table.scope.forEachBlock(of: [part], while: { missing > 0 }) { rows in
                rows.fetch(seriesCount: table.scope.count, withDurations: false)
                let count = Self.find(rows, in: table.columns, wanted.span, &rowIndices, &cells)
                let (rowIndices, cells) = (rowIndices.elements(count), cells.elements(count))
                // Read them all at once: each is in its own cache line, and loading that takes as long as scanning
                // hundreds of rows.
                var durations = values.room(for: count)
                for index in 0..<count { durations[index] = rows.durations[Int(rowIndices[index])] }
                for index in 0..<count { keep(durations[index], of: cells[index]) }
                missing -= count
            }
        }
    }

    /// The rows of a slot, and how many of them are wanted at most: of the highest quantiles, most slots have few or none.
    /// That is worth knowing only if it takes far less than to look at the rows.
    private func parts(_ slot: SlotView) -> [(part: SlotRows, count: Int)] {
        guard let (counts, rest) = table.scope.summarized(slot), counts.cellCount < slot.count / 16 else {
            return [(SlotRows(slot), .max)]
        }
        return [(SlotRows(slot, upTo: rest.rows.lowerBound), wantedCount(counts)), (rest, .max)]
    }

    /// How many of the durations that a slot's summary counts are in wanted cells.
    private func wantedCount(_ counts: SeriesCounts) -> Int {
        let (indexOfSeries, columns) = (table.scope.indexOfSummarized, table.columns)
        var count = 0
        for position in counts.series.indices {
            let seriesIndex = indexOfSeries[counts.series[position].number]
            guard seriesIndex != SeriesScope.noSeries else { continue }
            let buckets = counts.cells(position)
            for index in buckets.indices {
                let cell = columns.cell(Int(seriesIndex), code: buckets[index].code)
                if wanted[cell / 64] >> UInt64(cell % 64) & 1 == 1 { count += Int(buckets[index].count) }
            }
        }
        return count
    }

    private mutating func reserve() {
        var end = 0
        ordinals.reserveCapacity(wanted.count)
        for (number, word) in wanted.enumerated() {
            ordinals.append(UInt32(truncatingIfNeeded: ends.count))
            var rest = word
            while rest != 0 {
                ends.append(end)
                end += table.count(ofCell: number * 64 + rest.trailingZeroBitCount)
                rest &= rest - 1
            }
        }
        durations = Array(repeating: 0, count: end)
    }

    /// Lists the indices and cells of rows in wanted cells; returns their number.
    @inline(never)
    private static func find(
        _ rows: borrowing MeasuredRows, in columns: LatencyColumns, _ wanted: Span<UInt64>,
        _ rowIndices: inout Scratch<UInt16>,
        _ cells: inout Scratch<Int>
    ) -> Int {
        var rowIndices = rowIndices.room(for: rows.seriesIndices.count)
        var cells = cells.room(for: rows.seriesIndices.count)
        var count = 0
        rows.forEach(in: columns) { _, rowIndex, cell in
            if wanted[cell &>> 6] &>> UInt64(cell & 63) & 1 == 1 {
                rowIndices[count] = UInt16(truncatingIfNeeded: rowIndex)
                cells[count] = cell
                count &+= 1
            }
        }
        return count
    }

    @inline(__always)
    private mutating func keep(_ duration: Int64, of cell: Int) {
        let ordinal = ordinal(cell)
        durations[ends[ordinal]] = duration
        ends[ordinal] &+= 1
    }

    @inline(__always)
    private func ordinal(_ cell: Int) -> Int {
        let before = wanted[cell &>> 6] & (1 &<< UInt64(cell & 63) &- 1)
        return Int(ordinals[cell &>> 6]) &+ before.nonzeroBitCount
    }

    // MARK: After the scan

    /// The value at a 0-based rank among the durations of some wanted cells.
    mutating func value(rank: Int, among cells: ArraySlice<Int>) -> Int64 {
        if cells.count == 1, let cell = cells.first {
            return OrderStatistic.select(&durations, within: range(cell), rank: rank)
        }
        var all: [Int64] = []
        for cell in cells { all += durations[range(cell)] }
        return OrderStatistic.select(&all, within: all.indices, rank: rank)
    }

    private func range(_ cell: Int) -> Range<Int> {
        let end = ends[ordinal(cell)]
        return end - table.count(ofCell: cell)..<end
    }
}

/// Selects the value at a rank among unsorted values.
enum OrderStatistic {
    /// The value at a 0-based rank within a range: quickselect with a median-of-three pivot. Partly sorts the range.
    static func select(_ values: inout [Int64], within range: Range<Int>, rank: Int) -> Int64 {
        let rank = range.lowerBound + rank
        var low = range.lowerBound
        var high = range.upperBound - 1
        while high - low > 16 {
            let pivot = middle(values[low], values[(low + high) / 2], values[high])
            var left = low
            var right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while values[right] > pivot { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if rank <= right {
                high = right
            } else if rank >= left {
                low = left
            } else {
                return values[rank]
            }
        }
        values[low...high].sort()
        return values[rank]
    }

    private static func middle(_ a: Int64, _ b: Int64, _ c: Int64) -> Int64 {
        max(min(a, b), min(max(a, b), c))
    }
}
