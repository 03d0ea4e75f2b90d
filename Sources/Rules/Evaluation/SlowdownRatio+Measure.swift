import Engine
import Support

extension SlowdownRatio {
    /// One result for each group of a selection, of what ended in [from, to), Unix nanoseconds; nil where there is too
    /// little to compare.
    func measure(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection, over source: some MeasurementSource
    ) -> [Double?] {
        let selected = selection.groupOfSeries.indices.filter { selection.groupOfSeries[$0] >= 0 }
        var placeOfSeries = [Int32](repeating: -1, count: selection.groupOfSeries.count)
        for (place, series) in selected.enumerated() { placeOfSeries[series] = Int32(clamping: place) }
        let each = Selection(
            groupOfSeries: placeOfSeries, groupCount: selected.count, quantiles: [quantile.fraction])
        let now = source.measure(population, from: from, to: to, [each])[0]
        let before = source.measure(
            population, from: from.subtractingSaturating(ago), to: to.subtractingSaturating(ago), [each])[0]
        var counts = [Int](repeating: 0, count: selection.groupCount)
        var steps = counts
        for (place, series) in selected.enumerated() where now[place].count > 0 {
            guard before[place].count >= Self.countBeforeMin else { continue }
            let group = Int(selection.groupOfSeries[series])
            counts[group] += now[place].count
            steps[group] += now[place].count * (Self.code(now[place]) - Self.code(before[place]))
        }
        return zip(counts, steps).map { count, steps in
            count >= Self.countMin ? LatencyBucket.ratio(ofSteps: Double(steps) / Double(count)) : nil
        }
    }

    private static func code(_ statistics: LatencyStatistics) -> Int {
        Int(LatencyBucket.shared.code(statistics.quantiles[0]))
    }
}
