/// Whether spans that last as long as a stream are measured: long-running requests (watches, exec and the like), what is
/// below them, and authentication in traces of its own, since it may belong to a watch. Known for attributed slots.
enum StreamChoice {
    case with
    case without
    case only
}

/// Rows of operations, with those of spans that last as long as a stream kept separate.
package struct StreamSplit: Sendable {
    /// Without streams.
    package private(set) var rest: [SeriesSummary<OperationLabels>] = []
    /// See `StreamChoice`.
    package private(set) var streams: [SeriesSummary<OperationLabels>] = []

    /// An operation is in both lists if it has spans of both kinds. Where its percentiles come from a histogram, it stays
    /// whole.
    ///
    /// - Parameters:
    ///   - view: attributed.
    ///   - range: of span ends, Unix nanoseconds; nil for everything.
    package init(of view: WindowView, in range: Range<Int64>? = nil) {
        let rows = view.operationSummaries(in: range)
        var selection = view.each(.spans, quantiles: WindowView.quantiles)
        for series in selection.groupOfSeries.indices { selection.groupOfSeries[series] = -1 }
        for row in rows where row.isExact { selection.groupOfSeries[row.series] = Int32(row.series) }
        let streams = view.measure(.only, selection, range)
        for row in rows where row.isExact && streams[row.series].count == 0 {
            selection.groupOfSeries[row.series] = -1
        }
        let rest = view.measure(.without, selection, range)
        for row in rows {
            guard row.isExact, streams[row.series].count > 0 else {
                self.rest.append(row)
                continue
            }
            if let part = WindowView.summary(row.series, row.labels, rest[row.series], isExact: true) {
                self.rest.append(part)
            }
            if let part = WindowView.summary(row.series, row.labels, streams[row.series], isExact: true) {
                self.streams.append(part)
            }
        }
    }
}

extension WindowView {
    fileprivate func measure(
        _ streams: StreamChoice, _ selection: Selection, _ range: Range<Int64>?
    ) -> [LatencyStatistics] {
        measureWindow(
            .spans, from: range?.lowerBound ?? .min, to: range?.upperBound ?? .max, streams: streams, [selection])[0]
    }
}
