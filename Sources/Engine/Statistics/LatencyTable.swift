/// How many spans of each series fell in each latency bucket within a range of time: the first of two scans.
///
/// Only series that someone asked for have a line in the table, so that a rule on three operations costs three lines.
struct LatencyTable {
    let lines: LineScope
    /// A column is 2 to the power of this of latency buckets.
    let shift: UInt16
    /// The number of the first column of `cells`: its bucket codes shifted.
    let columnMin: Int
    /// Columns of `cells`.
    let width: Int
    /// Spans by line and column, line by line.
    private(set) var cells: [UInt32]
    private(set) var errors: [Int]
    private(set) var sums: [Int128]

    init(_ lines: LineScope, slots: [SlotView]) {
        self.lines = lines
        let least = Int(slots.map(\.bucketMin).min() ?? 0)
        let greatest = Int(slots.map(\.bucketMax).max() ?? 0)
        // A table of more cells than spans would cost more than the scans: its columns are made coarser, and the second
        // scan collects a little more.
        let rows = slots.reduce(0) { $0 + $1.count }
        var shift: UInt16 = 0
        while shift < 6, lines.count * (greatest - least) >> Int(shift) > rows { shift += 1 }
        self.shift = shift
        columnMin = least >> Int(shift)
        width = max(greatest >> Int(shift) - columnMin + 1, 1)
        cells = []
        errors = Array(repeating: 0, count: lines.count)
        sums = Array(repeating: 0, count: lines.count)
        let (width, first) = (width, columnMin)
        // Half the size of the counts they become: the table of a few hundred operations stays in a core's own cache.
        var small = [UInt16](repeating: 0, count: lines.count * width)
        var carries: [Int] = []
        lines.forEachBlock(of: slots) { rows in
            Self.add(rows, width: width, first: first, shift: shift, &small, &carries, &errors, &sums)
        }
        cells = small.map { UInt32($0) }
        for cell in carries { cells[cell] &+= 1 << 16 }
    }

    /// The cells of one line.
    func cells(of line: Int) -> ArraySlice<UInt32> {
        cells[line * width..<(line + 1) * width]
    }

    @inline(__always)
    private static func add(
        _ rows: borrowing MeasuredRows, width: Int, first: Int, shift: UInt16, _ cells: inout [UInt16],
        _ carries: inout [Int], _ errors: inout [Int], _ sums: inout [Int128]
    ) {
        var cells = cells.mutableSpan
        var errors = errors.mutableSpan
        var sums = sums.mutableSpan
        for row in rows.lines.indices where rows.lines[row] >= 0 {
            let line = Int(rows.lines[row])
            let cell = line &* width &+ Int(rows.buckets[row] &>> shift) &- first
            cells[cell] &+= 1
            if cells[cell] == 0 { carries.append(cell) }
            sums[line] &+= Int128(rows.durations[row])
            if rows.flags[row] & SpanFlags.error != 0 { errors[line] &+= 1 }
        }
    }
}
