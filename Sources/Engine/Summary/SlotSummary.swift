/// Counts of the first rows of a slot, by series and latency bucket. Immutable, so that views read it without a lock.
///
/// A slot gets one when rules first look at it. From then on ranges, queries and the history add up its cells, which are far
/// fewer than rows. Rows that arrive later are counted one by one.
final class SlotSummary: Sendable {
    /// The number of rows it counts.
    let rowCount: Int
    let spans: SeriesCounts

    init(rowCount: Int, spans: SeriesCounts) {
        self.rowCount = rowCount
        self.spans = spans
    }

    var byteCount: Int { spans.byteCount }
}

/// Spans by series and latency bucket, in columns.
struct SeriesCounts: Sendable {
    /// 48 bytes: a slot has hundreds of series, and at most 2^24 rows.
    struct Series: BitwiseCopyable, Sendable {
        private let storedNumber: UInt32
        private let count: UInt32
        private let errors: UInt32
        private let storedFirstCell: UInt32
        private let storedFirstFailed: UInt32
        private let sumLow: UInt64
        private let sumHigh: Int64
        /// Nanoseconds.
        let max: Int64

        init(_ number: Int, _ tally: LatencyTally, max: Int64, firstCell: Int, firstFailed: Int) {
            storedNumber = UInt32(truncatingIfNeeded: number)
            count = UInt32(truncatingIfNeeded: tally.count)
            errors = UInt32(truncatingIfNeeded: tally.errors)
            storedFirstCell = UInt32(truncatingIfNeeded: firstCell)
            storedFirstFailed = UInt32(truncatingIfNeeded: firstFailed)
            sumLow = UInt64(truncatingIfNeeded: tally.sum)
            sumHigh = Int64(truncatingIfNeeded: tally.sum >> 64)
            self.max = max
        }

        var number: Int { Int(storedNumber) }
        /// Its first cell; its cells end where those of the next series begin.
        var firstCell: Int { Int(storedFirstCell) }
        /// Its first cell of failed spans.
        var firstFailed: Int { Int(storedFirstFailed) }

        var tally: LatencyTally {
            var tally = LatencyTally()
            tally.count = Int(count)
            tally.errors = Int(errors)
            tally.sum = Int128(sumHigh) << 64 | Int128(sumLow)
            return tally
        }
    }

    /// A latency bucket and the number of spans in it.
    struct Cell: BitwiseCopyable, Sendable {
        let code: UInt16
        let count: UInt32
    }

    /// In order of number.
    private(set) var series: [Series] = []
    /// The cells of each series, in order of bucket.
    private let cells: [Cell]
    private let failedCells: [Cell]
    /// Durations, nanoseconds; a longer span is bad.
    let thresholds: [Int64]
    /// For each threshold, the bad spans by index in `series`.
    private var bad: [[Int]]

    /// - Parameters:
    ///   - series: how many series will be added; room is made for no more.
    ///   - cells: of all series, in order.
    ///   - failedCells: the same of failed spans.
    init(thresholds: [Int64], series: Int, cells: [Cell], failedCells: [Cell]) {
        self.thresholds = thresholds
        self.cells = cells
        self.failedCells = failedCells
        bad = thresholds.map { _ in [] }
        self.series.reserveCapacity(series)
        for index in bad.indices { bad[index].reserveCapacity(series) }
    }

    /// By what is used: room depends on the state of malloc, and what a window evicts must not.
    var byteCount: Int {
        series.count * MemoryLayout<Series>.stride + (cells.count + failedCells.count) * MemoryLayout<Cell>.stride
            + bad.count * series.count * MemoryLayout<Int>.stride
    }

    /// Buckets of all series.
    var cellCount: Int { cells.count }

    /// The buckets of the series at an index.
    @_lifetime(borrow self)
    func cells(_ index: Int) -> Span<Cell> {
        let end = index + 1 < series.count ? series[index + 1].firstCell : cells.count
        return cells.span.extracting(series[index].firstCell..<end)
    }

    /// The buckets of the failed spans of the series at an index.
    @_lifetime(borrow self)
    func failedCells(_ index: Int) -> Span<Cell> {
        let end = index + 1 < series.count ? series[index + 1].firstFailed : failedCells.count
        return failedCells.span.extracting(series[index].firstFailed..<end)
    }

    /// Calls `body` with the buckets of the series that are wanted.
    @inline(__always)
    func forEachCells(where isWanted: (_ series: Int) -> Bool, _ body: SlotView.CellsBody) {
        let (series, cells) = (series.span, cells.span)
        for index in series.indices where isWanted(series[index].number) {
            let end = index &+ 1 < series.count ? series[index &+ 1].firstCell : cells.count
            body(series[index].number, cells.extracting(series[index].firstCell..<end))
        }
    }

    /// The bad spans of each series, by index; nil for an unknown threshold.
    func bad(_ threshold: Int64) -> [Int]? {
        thresholds.firstIndex(of: threshold).map { bad[$0] }
    }

    // MARK: Filling

    /// Adds the next series, whose cells are known.
    ///
    /// - Parameter count: of the bad spans, by number of the threshold.
    mutating func append(
        _ number: Int, _ tally: LatencyTally, max: Int64, firstCell: Int, firstFailed: Int,
        badCount count: (_ threshold: Int) -> Int = { _ in 0 }
    ) {
        series.append(Series(number, tally, max: max, firstCell: firstCell, firstFailed: firstFailed))
        for threshold in bad.indices { bad[threshold].append(count(threshold)) }
    }
}
