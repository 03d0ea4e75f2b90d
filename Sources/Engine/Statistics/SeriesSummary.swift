/// A row of `operations` or `requests`: statistics of one series over all that was received.
package struct SeriesSummary<Labels: Sendable>: Sendable {
    package var labels: Labels
    package var count: Int
    package var errors: Int
    /// Nanoseconds.
    package var sum: Int128
    package var p50: Int64
    package var p90: Int64
    package var p99: Int64
    package var max: Int64
    /// False where spans had left the window, so that the percentiles come from a histogram (within 0.55 %).
    package var isExact: Bool
}

extension WindowView {
    private static let quantiles = [0.5, 0.9, 0.99]

    /// One row for each operation that has spans, the most frequent first.
    package func operationSummaries(with history: History = History()) -> [SeriesSummary<OperationLabels>] {
        summaries(.spans, operations, history).sorted {
            $0.count != $1.count
                ? $0.count > $1.count
                : ($0.labels.service, $0.labels.operation, $0.labels.kind.rawValue)
                    < ($1.labels.service, $1.labels.operation, $1.labels.kind.rawValue)
        }
    }

    /// One row for each kind of request that came, long-running ones apart, the most frequent first.
    package func requestSummaries(with history: History = History()) -> [SeriesSummary<RequestLabels>] {
        summaries(.requests, requests, history).sorted {
            $0.count != $1.count ? $0.count > $1.count : $0.labels.path < $1.labels.path
        }
    }

    private func summaries<Labels: Sendable>(
        _ population: Population, _ labels: [Labels], _ history: History
    ) -> [SeriesSummary<Labels>] {
        let each = Selection(
            groupOfSeries: labels.indices.map { Int32($0) }, groupCount: labels.count, quantiles: Self.quantiles)
        let inWindow = measure(population, from: .min, to: .max, [each])[0]
        var histograms: [LatencyHistogram]?
        return labels.indices.compactMap { number in
            guard let gone = history.series(population, number) else {
                return Self.summary(labels[number], inWindow[number], isExact: true)
            }
            let recent = histograms ?? self.histograms(population)
            histograms = recent
            return Self.summary(
                labels[number], Self.merge(inWindow[number], recent[number], gone), isExact: false)
        }
    }

    private static func merge(
        _ recent: LatencyStatistics, _ histogram: LatencyHistogram, _ gone: History.Series
    ) -> LatencyStatistics {
        var all = recent
        all.count += gone.statistics.count
        all.errors += gone.statistics.errors
        all.sum += gone.statistics.sum
        all.max = max(all.max, gone.statistics.max)
        var merged = gone.histogram
        merged.merge(histogram)
        all.quantiles = quantiles.map { min(merged.quantile($0) ?? 0, all.max) }
        return all
    }

    private static func summary<Labels>(
        _ labels: Labels, _ statistics: LatencyStatistics, isExact: Bool
    ) -> SeriesSummary<Labels>? {
        guard statistics.count > 0 else { return nil }
        return SeriesSummary(
            labels: labels, count: statistics.count, errors: statistics.errors, sum: statistics.sum,
            p50: statistics.quantiles[0], p90: statistics.quantiles[1], p99: statistics.quantiles[2],
            max: statistics.max, isExact: isExact)
    }

    /// The latency histogram of every series of a population over the whole window.
    private func histograms(_ population: Population) -> [LatencyHistogram] {
        let all = LineScope(
            population, range: TimeRange(from: .min, to: .max),
            isWanted: Array(repeating: true, count: seriesCount(population)))
        let table = LatencyTable(all, slots: slots, isFine: true)
        return (0..<all.count).map { series in
            var counts = [UInt32](repeating: 0, count: table.columns.count)
            table.add(series, to: &counts)
            var histogram = LatencyHistogram()
            for (column, count) in counts.enumerated() where count > 0 {
                histogram.add(table.columns.bucket(column), count: Int(count))
            }
            return histogram
        }
    }
}

extension RequestLabels {
    /// The labels in one text, to sort by.
    fileprivate var path: String { [verb, group, resource, subresource, scope].joined(separator: "/") }
}
