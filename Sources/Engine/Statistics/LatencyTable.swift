/// The first of two scans: counts the spans of each series by latency bucket within a range of time.
///
/// Only requested series have cells, so a rule on three operations costs three series.
struct LatencyTable {
    let scope: SeriesScope
    let columns: LatencyColumns
    let errors: [Int]
    let sums: [Int128]

    /// Spans by cell, modulo 256; `carries` has the rest. Kept small, so that the table of a few hundred operations
    /// fits a core's own cache.
    private let cells: [UInt8]
    /// How often each cell overflowed; empty until one does.
    private let carries: [UInt32]

    init(_ scope: SeriesScope, slots: [SlotView]) {
        let columns = LatencyColumns(of: slots, scope.population, seriesCount: scope.count)
        var cells = [UInt8](repeating: 0, count: columns.cellCount(seriesCount: scope.count))
        var errors = [Int](repeating: 0, count: scope.count)
        // These sums hold only as many rows as can't overflow them.
        var sums = [UInt64](repeating: 0, count: scope.count)
        let rowsMax = UInt64.max / UInt64(max(columns.longest, 1))
        var rowsLeft = rowsMax
        var excess = Excess(cells: cells.count, seriesCount: scope.count)
        var unsummarized: [SlotRows] = []
        for slot in slots {
            if let (counts, rest) = scope.summarized(slot) {
                Self.add(counts, scope.indexOfSummarized, in: columns, &cells, &errors, &excess)
                unsummarized.append(rest)
            } else {
                unsummarized.append(SlotRows(slot))
            }
        }
        scope.forEachBlock(of: unsummarized) { rows in
            rows.fetch(seriesCount: scope.count, withDurations: true)
            let count = UInt64(rows.seriesIndices.count)
            if count > rowsMax {
                Self.addLong(rows, in: columns, &cells, &excess)
            } else {
                if count > rowsLeft {
                    excess.take(&sums)
                    rowsLeft = rowsMax
                }
                rowsLeft -= count
                Self.add(rows, in: columns, &cells, &sums, &excess)
            }
            Self.countErrors(rows, &errors)
        }
        excess.take(&sums)
        self.scope = scope
        self.columns = columns
        self.errors = errors
        self.sums = excess.sums
        self.cells = cells
        carries = excess.carries
    }

    var cellCount: Int { cells.count }

    @inline(__always)
    func count(ofCell cell: Int) -> Int {
        Int(cells[cell]) + (carries.isEmpty ? 0 : Int(carries[cell]) << UInt8.bitWidth)
    }

    /// Adds the cells of a series to `counts`, column by column.
    func add(_ seriesIndex: Int, to counts: inout [UInt32]) {
        let range = columns.cells(seriesIndex)
        let cells = cells.span.extracting(range)
        var counts = counts.mutableSpan
        for column in cells.indices { counts[column] &+= UInt32(cells[column]) }
        guard !carries.isEmpty else { return }
        let carries = carries.span.extracting(range)
        for column in cells.indices { counts[column] &+= carries[column] &<< UInt32(UInt8.bitWidth) }
    }

    /// Adds the spans that a slot's summary counts.
    private static func add(
        _ counts: SeriesCounts, _ indexOfSeries: [UInt16], in columns: LatencyColumns, _ cells: inout [UInt8],
        _ errors: inout [Int], _ excess: inout Excess
    ) {
        for position in counts.series.indices {
            let series = counts.series[position]
            let seriesIndex = indexOfSeries[series.number]
            guard seriesIndex != SeriesScope.noSeries else { continue }
            errors[Int(seriesIndex)] += series.tally.errors
            excess.sums[Int(seriesIndex)] += series.tally.sum
            let buckets = counts.cells(position)
            for index in buckets.indices {
                let cell = columns.cell(Int(seriesIndex), code: buckets[index].code)
                let sum = UInt32(cells[cell]) + buckets[index].count
                cells[cell] = UInt8(truncatingIfNeeded: sum)
                if sum > UInt8.max { excess.carry(cell, sum >> UInt8.bitWidth) }
            }
        }
    }

    // A separate function, so that the loop has all of the processor's registers.
    @inline(never)
    private static func add(
        _ rows: borrowing MeasuredRows, in columns: LatencyColumns, _ cells: inout [UInt8], _ sums: inout [UInt64],
        _ excess: inout Excess
    ) {
        var cells = cells.mutableSpan
        var sums = sums.mutableSpan
        rows.forEach(in: columns) { seriesIndex, row, cell in
            Self.count(cell, &cells, &excess)
            sums[seriesIndex] &+= UInt64(truncatingIfNeeded: rows.durations[row])
        }
    }

    /// The same for durations so long that the sums of one block might overflow: hostile spans only, since real ones
    /// don't add up to 584 years.
    @inline(never)
    private static func addLong(
        _ rows: borrowing MeasuredRows, in columns: LatencyColumns, _ cells: inout [UInt8], _ excess: inout Excess
    ) {
        var cells = cells.mutableSpan
        rows.forEach(in: columns) { seriesIndex, row, cell in
            Self.count(cell, &cells, &excess)
            excess.sums[seriesIndex] += Int128(rows.durations[row])
        }
    }

    @inline(__always)
    private static func count(_ cell: Int, _ cells: inout MutableSpan<UInt8>, _ excess: inout Excess) {
        cells[cell] &+= 1
        if cells[cell] == 0 { excess.carry(cell, 1) }
    }

    @inline(never)
    private static func countErrors(_ rows: borrowing MeasuredRows, _ errors: inout [Int]) {
        var errors = errors.mutableSpan
        rows.forEachError { seriesIndex, _ in errors[seriesIndex] &+= 1 }
    }
}

/// Overflow of a scan's cells and sums.
private struct Excess {
    private(set) var carries: [UInt32] = []
    var sums: [Int128]
    private let cellCount: Int

    init(cells: Int, seriesCount: Int) {
        cellCount = cells
        sums = Array(repeating: 0, count: seriesCount)
    }

    @inline(never)
    mutating func carry(_ cell: Int, _ count: UInt32) {
        if carries.isEmpty { carries = Array(repeating: 0, count: cellCount) }
        carries[cell] &+= count
    }

    /// Adds `others` to `sums` and zeroes them.
    mutating func take(_ others: inout [UInt64]) {
        for seriesIndex in sums.indices {
            sums[seriesIndex] += Int128(others[seriesIndex])
            others[seriesIndex] = 0
        }
    }
}

/// The columns of a `LatencyTable`; each is a run of adjacent latency buckets. A series's cells are adjacent.
///
/// A cell's number is the index of the series × `count` + bucket code >> `shift`, so that a scan has nothing to subtract; the first few
/// cells belong to no series.
struct LatencyColumns {
    /// Columns per series.
    let count: Int
    /// A column covers 2^`shift` buckets.
    let shift: UInt16
    /// The longest duration that any of the buckets can hold, nanoseconds.
    let longest: Int64
    /// The lowest bucket code, shifted.
    private let first: Int

    init(of slots: [SlotView], _ population: Population, seriesCount: Int) {
        let ranges = slots.compactMap { $0.buckets(of: population) }
        let least = Int(ranges.map(\.lowerBound).min() ?? 0)
        let greatest = Int(ranges.map(\.upperBound).max() ?? 0)
        longest = LatencyBucket.shared.upperBound(greatest)
        // A table with more cells than spans would cost more than the scans. Coarser columns make it smaller, and the
        // second scan collects a little more.
        let rows = slots.reduce(0) { $0 + $1.count }
        var shift: UInt16 = 0
        while shift < 6, seriesCount * (greatest - least) >> Int(shift) > rows { shift += 1 }
        self.shift = shift
        first = least >> Int(shift)
        count = max(greatest >> Int(shift) - first + 1, 1)
    }

    /// The cells of a series.
    func cells(_ seriesIndex: Int) -> Range<Int> {
        let start = seriesIndex * count + first
        return start..<start + count
    }

    /// The cell of a series that a latency bucket belongs to.
    @inline(__always)
    func cell(_ seriesIndex: Int, code: UInt16) -> Int { seriesIndex * count + Int(code >> shift) }

    /// Cells needed for a number of series.
    func cellCount(seriesCount: Int) -> Int { seriesCount * count + first }
}

extension SlotView {
    /// Between the lowest and the highest bucket code of requests; the lowest is above the highest if there are no spans.
    var requestBuckets: (least: UInt16, greatest: UInt16) {
        guard let attribution else { return (bucketMin, bucketMax) }
        // Later rows have no attribution.
        return (min(bucketMin, attribution.durations.bucketMin), max(bucketMax, attribution.durations.bucketMax))
    }

    /// The lowest and the highest bucket code of a population; nil if it has no durations.
    fileprivate func buckets(of population: Population) -> ClosedRange<UInt16>? {
        let (least, greatest): (UInt16, UInt16)
        switch population {
        case .spans:
            (least, greatest) = (bucketMin, bucketMax)
        case .requests:
            (least, greatest) = requestBuckets
        case .selfTimes:
            guard let attribution else { return nil }
            (least, greatest) = (min(bucketMin, LatencyBucket.shared.code(attribution.selfTimes.least)), bucketMax)
        case .parts:
            guard let attribution else { return nil }
            (least, greatest) = (attribution.parts.bucketMin, attribution.parts.bucketMax)
        }
        return least <= greatest ? least...greatest : nil
    }
}
