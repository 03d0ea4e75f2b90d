/// How many spans of each series fell in each latency bucket within a range of time: the first of two scans.
struct LatencyTable {
    let population: Population
    let range: TimeRange
    let seriesCount: Int
    /// The bucket code of the first column of `cells`.
    let bucketMin: Int
    /// Columns of `cells`.
    let width: Int
    /// Spans by series and bucket, row by row.
    private(set) var cells: [UInt32]
    private(set) var counts: [Int]
    private(set) var errors: [Int]
    private(set) var sums: [Double]
    private(set) var maxima: [Int64]

    init(_ population: Population, slots: [SlotView], range: TimeRange, seriesCount: Int) {
        self.population = population
        self.range = range
        self.seriesCount = seriesCount
        bucketMin = Int(slots.map(\.bucketMin).min() ?? 0)
        width = max(Int(slots.map(\.bucketMax).max() ?? 0) - bucketMin + 1, 1)
        cells = Array(repeating: 0, count: seriesCount * width)
        counts = Array(repeating: 0, count: seriesCount)
        errors = Array(repeating: 0, count: seriesCount)
        sums = Array(repeating: 0, count: seriesCount)
        maxima = Array(repeating: 0, count: seriesCount)
        for slot in slots {
            slot.forEachBlock { columns, count in
                if range.covers(slot) {
                    scan(columns, count: count, within: nil)
                } else {
                    scan(columns, count: count, within: range)
                }
            }
        }
    }

    @inline(__always)
    private mutating func scan(_ columns: borrowing SpanColumns, count: Int, within range: TimeRange?) {
        columns.forEachSeries(of: population, count: count, within: range) { row, series in
            let duration = columns.duration[row]
            cells[series &* width &+ Int(columns.bucket[row]) &- bucketMin] &+= 1
            counts[series] &+= 1
            errors[series] &+= Int(columns.flags[row] & SpanFlags.error)
            sums[series] += Double(duration)
            if duration > maxima[series] { maxima[series] = duration }
        }
    }
}

extension SpanColumns {
    /// Hands out the rows that belong to a population, each with the number of its series.
    @inline(__always)
    borrowing func forEachSeries(
        of population: Population, count: Int, within range: TimeRange?,
        _ body: (_ row: Int, _ series: Int) -> Void
    ) {
        for row in 0..<count {
            if let range, !range.contains(start[row] &+ duration[row]) { continue }
            switch population {
            case .spans:
                body(row, Int(operation[row]))
            case .requests:
                let request = Int(request[row])
                if request > 0, flags[row] & SpanFlags.longRunning == 0 { body(row, request &- 1) }
            }
        }
    }
}
