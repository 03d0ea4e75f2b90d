/// What a component took of the requests of one series.
package struct ComponentSummary: Equatable, Sendable {
    package var component: Component
    /// Nanoseconds, of all requests together.
    package var sum: Int128
    /// Of all that was attributed of the series, 0...1.
    package var share: Double
    /// Nearest rank over all requests of the series, also those that the component took nothing of; nanoseconds.
    package var p99: Int64
}

extension WindowView {
    /// For each of some request series what components took of its requests, the longest first; of slots that were
    /// attributed.
    package func componentSummaries(of requests: [SeriesSummary<RequestLabels>]) -> [[ComponentSummary]] {
        let width = ComponentTable.countMax
        var selection = Selection(
            groupOfSeries: Array(repeating: -1, count: seriesCount(.parts)), groupCount: requests.count * width,
            quantiles: [0.99])
        for (place, request) in requests.enumerated() {
            for number in 0..<width {
                selection.groupOfSeries[request.series * width + number] = Int32(place * width + number)
                selection.counts.append(request.count)
            }
        }
        let inWindow = measureWindow(.parts, from: .min, to: .max, [selection])[0]
        let merged = mergedWhereGone(.parts)
        return requests.indices.map { place in
            let parts = (0..<width).map { number in
                let group = place * width + number
                guard let merged = merged[requests[place].series * width + number] else { return inWindow[group] }
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
