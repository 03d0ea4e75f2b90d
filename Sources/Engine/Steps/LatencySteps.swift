/// The durations of one step, for a heat map.
package struct LatencyStep: Sendable {
    /// With the quantiles that were asked for.
    package var statistics: LatencyStatistics
    /// How many durations are in each heat bucket, by number; empty ones are left out.
    package var buckets: [(number: Int, count: Int)]
    /// False if spans of this step have left the window.
    package var isExact: Bool
}

/// The rows of a heat map: four to a doubling of the duration. Number 0 is a duration of zero.
package enum HeatBucket {
    private static let codes = 16
    static let count = (LatencyBucket.codeCount - 2) / codes + 2

    static func number(_ code: Int) -> Int { code == 0 ? 0 : (code - 1) / codes + 1 }

    /// The durations between which a bucket lies, nanoseconds: above the first, up to the second.
    package static func bounds(_ number: Int) -> (lower: Int64, upper: Int64) {
        guard number > 0 else { return (0, 0) }
        let last = min(number * codes, LatencyBucket.codeCount - 1)
        return (LatencyBucket.shared.upperBound((number - 1) * codes), LatencyBucket.shared.upperBound(last))
    }
}

extension WindowView {
    /// The durations of some series, step by step. Requires an attributed view for requests.
    ///
    /// Beyond the window, steps of whole minutes come from the history; shorter ones lack what has left the window.
    /// - Parameter isWanted: by series number.
    package func latencySteps(
        _ population: Population, _ grid: StepGrid, isWanted: [Bool], quantiles: [Double]
    ) -> [LatencyStep] {
        let selection = Selection(
            groupOfSeries: isWanted.map { $0 ? 0 : -1 }, groupCount: 1, quantiles: quantiles)
        var scope = SeriesScope(population, range: TimeRange(from: 0, to: 0), isWanted: isWanted)
        return (0..<grid.count).map { index in
            let bounds = grid.bounds(index)
            let (from, to) = (bounds.lowerBound, bounds.upperBound)
            let isBeyond = isBeyond(bounds)
            var parts = WindowParts()
            if isBeyond, grid.isOfWholeMinutes, let range = beyond(from: from, to: to),
                let merged = measureBeyond(population, range, [selection], &parts)?[0][0]
            {
                return LatencyStep(
                    statistics: merged.statistics(quantiles), buckets: merged.histogram.heat, isExact: false)
            }
            scope.range = TimeRange(from: from, to: to)
            let inStep = slots.filter { $0.start < to && $0.end > from }
            return LatencyStep(
                statistics: measureWindow(population, from: from, to: to, [selection])[0][0],
                buckets: scope.heat(of: inStep),
                isExact: !isBeyond && isComplete(from: bounds.lowerBound, to: bounds.upperBound))
        }
    }
}

extension SeriesScope {
    fileprivate func heat(of slots: [SlotView]) -> [(number: Int, count: Int)] {
        var counts = [Int](repeating: 0, count: HeatBucket.count)
        for slot in slots {
            var rest = SlotRows(slot)
            if let (summary, unknown) = summarized(slot) {
                for index in summary.series.indices
                where indexOfSeries[summary.series[index].number] != Self.noSeries {
                    let cells = summary.cells(index)
                    for cell in cells.indices {
                        counts[HeatBucket.number(Int(cells[cell].code))] += Int(cells[cell].count)
                    }
                }
                rest = unknown
            }
            forEachBlock(of: [rest]) { rows in
                rows.forEach { _, row in counts[HeatBucket.number(Int(rows.buckets[row]))] += 1 }
            }
        }
        return counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }
}

extension LatencyHistogram {
    fileprivate var heat: [(number: Int, count: Int)] {
        var counts = [Int](repeating: 0, count: HeatBucket.count)
        forEachCell { code, count in counts[HeatBucket.number(code)] += count }
        return counts.enumerated().filter { $0.element > 0 }.map { ($0.offset, $0.element) }
    }
}
