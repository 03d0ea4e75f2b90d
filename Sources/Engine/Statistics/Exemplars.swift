/// A span that stands for others of its bucket.
package struct Exemplar: Hashable, Sendable {
    package let traceID: TraceID
    /// Nanoseconds.
    package let duration: Int64
    /// Unix nanoseconds.
    package let end: Int64
}

/// Recent spans by series and classic bucket, one for each.
package struct Exemplars: Sendable {
    static let bucketCount = ClassicBuckets.shared.bounds.count + 1

    private var found: [Exemplar] = []
    /// By series, then bucket: the index in `found`; -1 for none.
    private var indices: [Int32]

    init(seriesCount: Int) {
        indices = Array(repeating: -1, count: seriesCount * Self.bucketCount)
    }

    /// The span that stands for a bucket of a series.
    package subscript(series: Int, bucket: Int) -> Exemplar? {
        let index = indices[series * Self.bucketCount + bucket]
        return index < 0 ? nil : found[Int(index)]
    }

    /// Keeps a span unless its bucket has one.
    @inline(__always)
    fileprivate mutating func offer(_ row: Int, of columns: borrowing SpanColumns, series: Int, bucket: Int) {
        let cell = series * Self.bucketCount + bucket
        guard indices[cell] < 0 else { return }
        indices[cell] = Int32(truncatingIfNeeded: found.count)
        let duration = columns.duration[row]
        found.append(
            Exemplar(
                traceID: TraceID(high: columns.traceHigh[row], low: columns.traceLow[row]), duration: duration,
                end: columns.start[row] &+ duration))
    }
}

extension WindowView {
    /// So many rows take two milliseconds.
    private static let exemplarRows = 1 << 20

    /// Exemplars of operations and of requests, among the million spans that ended last.
    package func exemplars() -> (operations: Exemplars, requests: Exemplars) {
        var ofOperations = Exemplars(seriesCount: operations.count)
        var ofRequests = Exemplars(seriesCount: requests.count)
        let classic = ClassicBuckets.shared
        var rest = Self.exemplarRows
        for slot in slots.reversed() where rest > 0 {
            rest -= slot.count
            slot.forEachBlock { columns, count in
                for row in 0..<count {
                    let bucket = classic.index(columns.duration[row], code: columns.bucket[row])
                    ofOperations.offer(row, of: columns, series: Int(columns.operation[row]), bucket: bucket)
                    guard columns.request[row] > 0, !SpanFlags(rawValue: columns.flags[row]).isLongRunning else {
                        continue
                    }
                    ofRequests.offer(row, of: columns, series: Int(columns.request[row]) - 1, bucket: bucket)
                }
            }
        }
        return (ofOperations, ofRequests)
    }
}
