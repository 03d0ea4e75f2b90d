/// How many spans of each series fell in each latency bucket within a range of time: the first of two scans.
///
/// Only series that someone asked for have a line in the table, so that a rule on three operations costs three lines.
struct LatencyTable {
    let scope: SeriesScope
    let columns: LatencyColumns
    let errors: [Int]
    let sums: [Int128]

    /// Spans by cell, less what is in `carries`. As small as can be: the table of a few hundred operations stays in a
    /// core's own cache.
    private let cells: [UInt8]
    /// By cell how often it ran over; empty as long as none has.
    private let carries: [UInt32]

    init(_ scope: SeriesScope, slots: [SlotView]) {
        let columns = LatencyColumns(of: slots, scope.population, lines: scope.count)
        var cells = [UInt8](repeating: 0, count: columns.cellCount(lines: scope.count))
        var errors = [Int](repeating: 0, count: scope.count)
        // Of as many rows as are sure to fit.
        var sums = [UInt64](repeating: 0, count: scope.count)
        let rowsMax = UInt64.max / UInt64(max(columns.longest, 1))
        var rowsLeft = rowsMax
        var excess = Excess(cells: cells.count, lines: scope.count)
        scope.forEachBlock(of: slots) { rows in
            rows.fetch(lineCount: scope.count, withDurations: true)
            let count = UInt64(rows.lines.count)
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

    /// Adds the cells of a line to others, column by column.
    func add(_ line: Int, to counts: inout [UInt32]) {
        let range = columns.cells(line)
        let cells = cells.span.extracting(range)
        var counts = counts.mutableSpan
        for column in cells.indices { counts[column] &+= UInt32(cells[column]) }
        guard !carries.isEmpty else { return }
        let carries = carries.span.extracting(range)
        for column in cells.indices { counts[column] &+= carries[column] &<< UInt32(UInt8.bitWidth) }
    }

    // A function of its own, so that the loop has the processor's registers to itself.
    @inline(never)
    private static func add(
        _ rows: borrowing MeasuredRows, in columns: LatencyColumns, _ cells: inout [UInt8], _ sums: inout [UInt64],
        _ excess: inout Excess
    ) {
        var cells = cells.mutableSpan
        var sums = sums.mutableSpan
        rows.forEach(in: columns) { line, place, cell in
            Self.count(cell, &cells, &excess)
            sums[line] &+= UInt64(truncatingIfNeeded: rows.durations[place])
        }
    }

    /// The same for durations so long that the sums of one block might not fit: hostile spans only, nobody's add up to
    /// 584 years.
    @inline(never)
    private static func addLong(
        _ rows: borrowing MeasuredRows, in columns: LatencyColumns, _ cells: inout [UInt8], _ excess: inout Excess
    ) {
        var cells = cells.mutableSpan
        rows.forEach(in: columns) { line, place, cell in
            Self.count(cell, &cells, &excess)
            excess.sums[line] += Int128(rows.durations[place])
        }
    }

    @inline(__always)
    private static func count(_ cell: Int, _ cells: inout MutableSpan<UInt8>, _ excess: inout Excess) {
        cells[cell] &+= 1
        if cells[cell] == 0 { excess.carry(cell) }
    }

    @inline(never)
    private static func countErrors(_ rows: borrowing MeasuredRows, _ errors: inout [Int]) {
        var errors = errors.mutableSpan
        rows.forEachError { errors[$0] &+= 1 }
    }
}

/// What doesn't fit in the cells and the sums of a scan.
private struct Excess {
    private(set) var carries: [UInt32] = []
    var sums: [Int128]
    private let cellCount: Int

    init(cells: Int, lines: Int) {
        cellCount = cells
        sums = Array(repeating: 0, count: lines)
    }

    @inline(never)
    mutating func carry(_ cell: Int) {
        if carries.isEmpty { carries = Array(repeating: 0, count: cellCount) }
        carries[cell] &+= 1
    }

    /// Adds the sums to its own and leaves zeros.
    mutating func take(_ others: inout [UInt64]) {
        for line in sums.indices {
            sums[line] += Int128(others[line])
            others[line] = 0
        }
    }
}

/// The columns of a `LatencyTable`: each a run of neighbouring latency buckets. The cells of a line are neighbours.
///
/// Cells are numbered by line × `count` + bucket code >> `shift`, so that a scan has nothing to subtract: the first of
/// them belong to no line.
struct LatencyColumns {
    /// Columns of a line.
    let count: Int
    /// A column is 2 to the power of this of buckets.
    let shift: UInt16
    /// No duration in any of the buckets is longer, nanoseconds.
    let longest: Int64
    /// The least bucket code, shifted.
    private let first: Int

    init(of slots: [SlotView], _ population: Population, lines: Int) {
        let ranges = slots.compactMap { $0.buckets(of: population) }
        let least = Int(ranges.map(\.lowerBound).min() ?? 0)
        let greatest = Int(ranges.map(\.upperBound).max() ?? 0)
        longest = LatencyBucket.shared.upperBound(greatest)
        // A table of more cells than spans would cost more than the scans: its columns are made coarser, and the second
        // scan collects a little more.
        let rows = slots.reduce(0) { $0 + $1.count }
        var shift: UInt16 = 0
        while shift < 6, lines * (greatest - least) >> Int(shift) > rows { shift += 1 }
        self.shift = shift
        first = least >> Int(shift)
        count = max(greatest >> Int(shift) - first + 1, 1)
    }

    /// The cells of a line.
    func cells(_ line: Int) -> Range<Int> {
        let start = line * count + first
        return start..<start + count
    }

    /// All cells of that many lines, and those before them.
    func cellCount(lines: Int) -> Int { lines * count + first }
}

extension SlotView {
    /// The least and the greatest bucket code of what a population measures; nil without any.
    fileprivate func buckets(of population: Population) -> ClosedRange<UInt16>? {
        let (least, greatest): (UInt16, UInt16)
        switch population {
        case .spans, .requests:
            (least, greatest) = (bucketMin, bucketMax)
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
