/// A row of `operations` or `requests`: statistics of one series over everything received.
package struct SeriesSummary<Labels: Sendable>: Sendable {
    /// The number of the series in the view.
    package var series: Int
    package var labels: Labels
    package var count: Int
    package var errors: Int
    /// Nanoseconds.
    package var sum: Int128
    package var p50: Int64
    package var p90: Int64
    package var p99: Int64
    package var max: Int64
    /// False if spans had left the window, so that percentiles come from a histogram (within 0.55 %).
    package var isExact: Bool
}

extension WindowView {
    static let quantiles = [0.5, 0.9, 0.99]

    /// One row for each operation with spans in the window or its history, most frequent first.
    ///
    /// - Parameter range: of span ends, Unix nanoseconds; nil for everything.
    package func operationSummaries(in range: Range<Int64>? = nil) -> [SeriesSummary<OperationLabels>] {
        summaries(.spans, operations, range).sorted {
            $0.count != $1.count
                ? $0.count > $1.count
                : ($0.labels.service, $0.labels.operation, $0.labels.kind.rawValue, $0.labels.cluster)
                    < ($1.labels.service, $1.labels.operation, $1.labels.kind.rawValue, $1.labels.cluster)
        }
    }

    /// One row for each kind of request, without long-running ones, most frequent first.
    package func requestSummaries(in range: Range<Int64>? = nil) -> [SeriesSummary<RequestLabels>] {
        summaries(.requests, requests, range).sorted {
            $0.count != $1.count ? $0.count > $1.count : $0.labels.path < $1.labels.path
        }
    }

    /// Self times by operation number; nil for operations without attributed spans.
    package func selfTimeSummaries(in range: Range<Int64>? = nil) -> [SeriesSummary<OperationLabels>?] {
        summariesBySeries(.selfTimes, operations, range)
    }

    private func summaries<Labels: Sendable>(
        _ population: Population, _ labels: [Labels], _ range: Range<Int64>?
    ) -> [SeriesSummary<Labels>] {
        summariesBySeries(population, labels, range).compactMap { $0 }
    }

    private func summariesBySeries<Labels: Sendable>(
        _ population: Population, _ labels: [Labels], _ range: Range<Int64>?
    ) -> [SeriesSummary<Labels>?] {
        let selection = each(population, quantiles: Self.quantiles)
        if let range {
            let (statistics, isExact) = measured(population, in: range, selection)
            return labels.indices.map { Self.summary($0, labels[$0], statistics[$0], isExact: isExact) }
        }
        let inWindow = measureWindow(population, from: .min, to: .max, [selection])[0]
        let merged = mergedWhereEvicted(population)
        let isComplete = isComplete(from: .min, to: .max)
        return labels.indices.map { number in
            if let merged = merged[number] {
                Self.summary(number, labels[number], merged.statistics(Self.quantiles), isExact: false)
            } else {
                Self.summary(number, labels[number], inWindow[number], isExact: isComplete)
            }
        }
    }

    fileprivate func measured(
        _ population: Population, in range: Range<Int64>, _ selection: Selection
    ) -> (statistics: [LatencyStatistics], isExact: Bool) {
        var parts = WindowParts()
        let (statistics, isExact) = measured(
            population, from: range.lowerBound, to: range.upperBound, [selection], &parts)
        return (statistics[0], isExact)
    }

    static func summary<Labels>(
        _ series: Int, _ labels: Labels, _ statistics: LatencyStatistics, isExact: Bool
    ) -> SeriesSummary<Labels>? {
        guard statistics.count > 0 else { return nil }
        return SeriesSummary(
            series: series, labels: labels, count: statistics.count, errors: statistics.errors, sum: statistics.sum,
            p50: statistics.quantiles[0], p90: statistics.quantiles[1], p99: statistics.quantiles[2],
            max: statistics.max, isExact: isExact)
    }
}

extension RequestLabels {
    /// All labels as one text, for sorting.
    fileprivate var path: String { [verb, group, resource, subresource, scope, cluster].joined(separator: "/") }
}

/// A component's part of the requests of one series.
package struct ComponentSummary: Equatable, Sendable {
    package var component: Component
    /// Sum over all requests, nanoseconds.
    package var sum: Int128
    /// Fraction of the series' attributed time, 0...1.
    package var share: Double
    /// Nearest rank over all requests of the series, including those of which the component took nothing; nanoseconds.
    package var p99: Int64
}

extension WindowView {
    /// For each request series, its components, longest first, over attributed slots.
    ///
    /// - Parameter range: the one that the requests are from; nil for everything.
    package func componentSummaries(
        of requests: [SeriesSummary<RequestLabels>], in range: Range<Int64>? = nil
    ) -> [[ComponentSummary]] {
        let width = ComponentTable.countMax
        var selection = Selection(
            groupOfSeries: Array(repeating: -1, count: seriesCount(.parts)), groupCount: requests.count * width,
            quantiles: [0.99])
        for (index, request) in requests.enumerated() {
            for number in 0..<width {
                selection.groupOfSeries[request.series * width + number] = Int32(index * width + number)
                selection.counts.append(request.count)
            }
        }
        if let range {
            let parts = measured(.parts, in: range, selection).statistics
            return requests.indices.map { Self.summaries(Array(parts[$0 * width..<($0 + 1) * width])) }
        }
        let inWindow = measureWindow(.parts, from: .min, to: .max, [selection])[0]
        let merged = mergedWhereEvicted(.parts)
        return requests.indices.map { index in
            let parts = (0..<width).map { number in
                let group = index * width + number
                guard let merged = merged[requests[index].series * width + number] else { return inWindow[group] }
                return merged.statistics([0.99], absent: selection.absent(group, rows: merged.count))
            }
            return Self.summaries(parts)
        }
    }

    /// - Parameter parts: by component number.
    private static func summaries(_ parts: [LatencyStatistics]) -> [ComponentSummary] {
        let total = parts.reduce(0) { $0 + $1.sum }
        return parts.indices.filter { parts[$0].sum > 0 }.map { number in
            ComponentSummary(
                component: Component(UInt8(number)), sum: parts[number].sum,
                share: Double(parts[number].sum) / Double(total), p99: parts[number].quantiles[0])
        }.sorted { ($1.sum, $0.component.number) < ($0.sum, $1.component.number) }
    }
}
