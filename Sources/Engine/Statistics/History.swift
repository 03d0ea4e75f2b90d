/// What the history keeps of one span.
package struct HistoryRow: Sendable {
    var operation: UInt16
    var request: UInt16
    var flags: SpanFlags
    var bucket: UInt16
    var duration: Int64

    init(_ row: SpanRow, bucket: UInt16) {
        operation = row.operation
        request = row.request
        flags = row.flags
        duration = row.duration
        self.bucket = bucket
    }
}

/// Spans that left the window, as one histogram for each series: beyond the window percentiles are within 0.55 %,
/// counts, errors, sums and maxima stay exact.
package struct History: Sendable {
    package struct Series: Sendable {
        package var statistics = LatencyStatistics()
        package var histogram = LatencyHistogram()
    }

    package private(set) var operations: [Series] = []
    package private(set) var requests: [Series] = []

    package init() {}

    /// Takes in what an append gave up.
    package mutating func add(_ outcome: AppendOutcome) {
        for row in outcome.beyondWindow { add(row) }
        for slot in outcome.evicted {
            slot.forEachBlock { columns, count in
                for index in 0..<count {
                    let row = columns.row(index)
                    add(HistoryRow(row, bucket: columns.bucket[index]))
                }
            }
        }
    }

    package func series(_ population: Population, _ number: Int) -> Series? {
        let all = population == .spans ? operations : requests
        return number < all.count && all[number].statistics.count > 0 ? all[number] : nil
    }

    private mutating func add(_ row: HistoryRow) {
        Self.add(row, to: &operations, Int(row.operation))
        if row.request > 0, !row.flags.isLongRunning {
            Self.add(row, to: &requests, Int(row.request) - 1)
        }
    }

    private static func add(_ row: HistoryRow, to all: inout [Series], _ number: Int) {
        while all.count <= number { all.append(Series()) }
        all[number].histogram.add(Int(row.bucket))
        all[number].statistics.count += 1
        if row.flags.isError { all[number].statistics.errors += 1 }
        all[number].statistics.sum += Int128(row.duration)
        all[number].statistics.max = max(all[number].statistics.max, row.duration)
    }
}
