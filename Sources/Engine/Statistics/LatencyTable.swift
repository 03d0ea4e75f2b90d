/// How many spans of each series fell in each latency bucket within a range of time: the first of two scans.
///
/// Only series that someone asked for have a line in the table, so that a rule on three operations costs three lines.
struct LatencyTable {
    let population: Population
    let range: TimeRange
    /// By series number its line, or -1.
    let lineOfSeries: [Int32]
    let lineCount: Int
    /// The bucket code of the first column of `cells`.
    let bucketMin: Int
    /// Columns of `cells`.
    let width: Int
    /// Spans by line and bucket, line by line.
    private(set) var cells: [UInt32]
    private(set) var counts: [Int]
    private(set) var errors: [Int]
    private(set) var sums: [Double]
    private(set) var maxima: [Int64]

    /// - Parameter isWanted: by series number whether it gets a line.
    init(_ population: Population, slots: [SlotView], range: TimeRange, isWanted: [Bool]) {
        self.population = population
        self.range = range
        var lines: Int32 = 0
        lineOfSeries = isWanted.map { wanted in
            guard wanted else { return -1 }
            lines += 1
            return lines - 1
        }
        lineCount = Int(lines)
        bucketMin = Int(slots.map(\.bucketMin).min() ?? 0)
        width = max(Int(slots.map(\.bucketMax).max() ?? 0) - bucketMin + 1, 1)
        cells = Array(repeating: 0, count: lineCount * width)
        counts = Array(repeating: 0, count: lineCount)
        errors = Array(repeating: 0, count: lineCount)
        sums = Array(repeating: 0, count: lineCount)
        maxima = Array(repeating: 0, count: lineCount)
        scan(slots)
    }

    private mutating func scan(_ slots: [SlotView]) {
        guard lineCount > 0 else { return }
        let scope = LineScope(population: population, range: range, lineOfSeries: lineOfSeries)
        scope.forEachRow(of: slots) { columns, row, line in
            let duration = columns.duration[row]
            cells[line &* width &+ Int(columns.bucket[row]) &- bucketMin] &+= 1
            counts[line] &+= 1
            errors[line] &+= Int(columns.flags[row] & SpanFlags.error)
            sums[line] += Double(duration)
            if duration > maxima[line] { maxima[line] = duration }
        }
    }
}

/// Which rows a scan is about.
struct LineScope {
    let population: Population
    let range: TimeRange
    let lineOfSeries: [Int32]

    /// Hands out the rows within the range whose series have a line.
    @inline(__always)
    func forEachRow(of slots: [SlotView], _ body: (borrowing SpanColumns, _ row: Int, _ line: Int) -> Void) {
        for slot in slots {
            let isCovered = range.covers(slot)
            slot.forEachBlock { columns, count in
                switch population {
                case .spans:
                    for row in 0..<count {
                        let line = Int(lineOfSeries[Int(columns.operation[row])])
                        if line >= 0, isCovered || contains(columns, row) { body(columns, row, line) }
                    }
                case .requests:
                    for row in 0..<count {
                        let request = Int(columns.request[row])
                        guard request > 0, columns.flags[row] & SpanFlags.longRunning == 0 else { continue }
                        let line = Int(lineOfSeries[request &- 1])
                        if line >= 0, isCovered || contains(columns, row) { body(columns, row, line) }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func contains(_ columns: borrowing SpanColumns, _ row: Int) -> Bool {
        range.contains(columns.start[row] &+ columns.duration[row])
    }
}
