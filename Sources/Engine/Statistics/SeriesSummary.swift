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
        let rows = summaries(.spans, operations, range)
        // One label after the other: comparing all at once would take hold of each.
        return Self.mostFrequentFirst(rows) {
            if rows[$0].labels.service != rows[$1].labels.service {
                return rows[$0].labels.service < rows[$1].labels.service
            }
            if rows[$0].labels.operation != rows[$1].labels.operation {
                return rows[$0].labels.operation < rows[$1].labels.operation
            }
            if rows[$0].labels.kind != rows[$1].labels.kind {
                return rows[$0].labels.kind.rawValue < rows[$1].labels.kind.rawValue
            }
            return rows[$0].labels.cluster < rows[$1].labels.cluster
        }
    }

    /// One row for each kind of request, without long-running ones, most frequent first.
    package func requestSummaries(in range: Range<Int64>? = nil) -> [SeriesSummary<RequestLabels>] {
        let rows = summaries(.requests, requests, range)
        let paths = rows.map(\.labels.path)
        return Self.mostFrequentFirst(rows) { paths[$0] < paths[$1] }
    }

    /// Sorts the numbers of rows instead of rows, which are large and refer to a dozen strings.
    ///
    /// - Parameter isBefore: of two rows with the same count.
    private static func mostFrequentFirst<Labels>(
        _ rows: [SeriesSummary<Labels>], _ isBefore: (Int, Int) -> Bool
    ) -> [SeriesSummary<Labels>] {
        let counts = rows.map(\.count)
        let order = rows.indices.sorted {
            counts[$0] != counts[$1] ? counts[$0] > counts[$1] : isBefore($0, $1)
        }
        return order.map { rows[$0] }
    }

    /// Self times by operation number; nil for operations without attributed spans.
    package func selfTimeSummaries(in range: Range<Int64>? = nil) -> [SeriesSummary<OperationLabels>?] {
        var rows: [SeriesSummary<OperationLabels>?] = []
        rows.reserveCapacity(operations.count)
        forEachSummary(.selfTimes, operations, range) { rows.append($0) }
        return rows
    }

    private func summaries<Labels: Sendable>(
        _ population: Population, _ labels: [Labels], _ range: Range<Int64>?
    ) -> [SeriesSummary<Labels>] {
        var rows: [SeriesSummary<Labels>] = []
        forEachSummary(population, labels, range) { row in
            if let row { rows.append(row) }
        }
        return rows
    }

    /// Calls `body` with the row of each series, in order of their numbers; nil without spans.
    private func forEachSummary<Labels: Sendable>(
        _ population: Population, _ labels: [Labels], _ range: Range<Int64>?,
        _ body: (SeriesSummary<Labels>?) -> Void
    ) {
        let selection = each(population, quantiles: Self.quantiles)
        if let range {
            let (statistics, isExact) = measured(population, in: range, selection)
            for number in labels.indices {
                body(Self.summary(number, labels[number], statistics[number], isExact: isExact))
            }
            return
        }
        let merged = mergedWhereEvicted(population)
        let inWindow = measureWindow(population, from: .min, to: .max, [selection.without(merged)])[0]
        let isComplete = isComplete(from: .min, to: .max)
        for number in labels.indices {
            if let merged = merged[number] {
                body(Self.summary(number, labels[number], merged.statistics(Self.quantiles), isExact: false))
            } else {
                body(Self.summary(number, labels[number], inWindow[number], isExact: isComplete))
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

extension Selection {
    /// Without the series whose statistics are known.
    fileprivate func without(_ known: [Int: MergedStatistics]) -> Selection {
        var rest = self
        for series in known.keys where series < groupOfSeries.count { rest.groupOfSeries[series] = -1 }
        return rest
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
        let merged = mergedWhereEvicted(.parts)
        let inWindow = measureWindow(.parts, from: .min, to: .max, [selection.without(merged)])[0]
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
