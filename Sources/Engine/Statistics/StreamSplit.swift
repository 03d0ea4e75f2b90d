/// Rows of operations, with those of spans that last as long as a stream kept separate.
package struct StreamSplit: Sendable {
    /// Without streams.
    package private(set) var rest: [SeriesSummary<OperationLabels>] = []
    /// Long-running requests (watches, exec and the like), what is below them, and authentication in traces of its own,
    /// since it may belong to a watch.
    package private(set) var streams: [SeriesSummary<OperationLabels>] = []

    /// An operation is in both lists if it has spans of both kinds. It stays whole once spans of it have left the window.
    ///
    /// - Parameters:
    ///   - rows: all operations of the view.
    ///   - view: attributed.
    package init(_ rows: [SeriesSummary<OperationLabels>], _ view: WindowView) {
        var isSplit = Array(repeating: false, count: view.operations.count)
        view.forEachSpan { operation, _, _, isStream in
            if isStream { isSplit[operation] = true }
        }
        for row in rows where !row.isExact { isSplit[row.series] = false }
        var durations = Array(repeating: (rest: DurationList(), streams: DurationList()), count: isSplit.count)
        if isSplit.contains(true) {
            view.forEachSpan { operation, duration, isError, isStream in
                guard isSplit[operation] else { return }
                if isStream {
                    durations[operation].streams.add(duration, isError: isError)
                } else {
                    durations[operation].rest.add(duration, isError: isError)
                }
            }
        }
        for row in rows {
            guard isSplit[row.series] else {
                rest.append(row)
                continue
            }
            if let part = durations[row.series].rest.summary(of: row) { rest.append(part) }
            if let part = durations[row.series].streams.summary(of: row) { streams.append(part) }
        }
    }
}

/// Durations of an operation, in nanoseconds.
private struct DurationList {
    private var all: [Int64] = []
    private var errors = 0

    mutating func add(_ duration: Int64, isError: Bool) {
        all.append(duration)
        errors += isError ? 1 : 0
    }

    /// A row with the labels of another; nil without durations.
    func summary(of row: SeriesSummary<OperationLabels>) -> SeriesSummary<OperationLabels>? {
        let sorted = all.sorted()
        guard let last = sorted.last else { return nil }
        func quantile(_ quantile: Double) -> Int64 { sorted[ExactQuantile.rank(quantile, of: sorted.count) - 1] }
        return SeriesSummary(
            series: row.series, labels: row.labels, count: sorted.count, errors: errors,
            sum: sorted.reduce(Int128(0)) { $0 + Int128($1) }, p50: quantile(0.5), p90: quantile(0.9),
            p99: quantile(0.99), max: last, isExact: true)
    }
}

extension WindowView {
    /// Calls `body` with each span of the window.
    fileprivate func forEachSpan(
        _ body: (_ operation: Int, _ duration: Int64, _ isError: Bool, _ isStream: Bool) -> Void
    ) {
        for slot in slots {
            let attribution = slot.attribution
            let attributed = attribution?.rowCount ?? 0
            var first = 0
            slot.forEachBlock { columns, count in
                for row in 0..<count {
                    let isStream = first + row < attributed && attribution?.selfTimes.isStream(row: first + row) == true
                    body(
                        Int(columns.operation[row]), columns.duration[row],
                        SpanFlags(rawValue: columns.flags[row]).isError, isStream)
                }
                first += count
            }
        }
    }
}
