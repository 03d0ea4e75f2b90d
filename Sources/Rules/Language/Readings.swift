package import Engine

/// What was measured of one group, for one condition.
package struct Readings {
    /// One per offset of the condition.
    package struct Range {
        package var offset: Int64
        package var statistics: LatencyStatistics
        /// The fractions that `statistics.quantiles` are of, in the same order.
        package var fractions: [Double]

        package init(offset: Int64, statistics: LatencyStatistics, fractions: [Double]) {
            self.offset = offset
            self.statistics = statistics
            self.fractions = fractions
        }
    }

    /// The length of the rule's window, in nanoseconds.
    package var over: Int64
    package var ranges: [Range]

    package init(over: Int64, ranges: [Range]) {
        self.over = over
        self.ranges = ranges
    }

    func count(offset: Int64) -> Int {
        ranges.first { $0.offset == offset }?.statistics.count ?? 0
    }

    /// A value in seconds, per second or 0...1; nil, no data, if its range has no spans.
    subscript(value: WindowValue) -> Double? {
        guard let range = ranges.first(where: { $0.offset == value.offset }), range.statistics.count > 0
        else {
            return nil
        }
        let statistics = range.statistics
        let count = Double(statistics.count)
        switch value.measure {
        case .quantile(let quantile):
            guard let index = range.fractions.firstIndex(of: quantile.fraction),
                index < statistics.quantiles.count
            else { return nil }
            return Double(statistics.quantiles[index]) / 1e9
        case .mean: return Double(statistics.sum) / count / 1e9
        case .max: return Double(statistics.max) / 1e9
        case .count: return count
        case .rate: return count / (Double(over) / 1e9)
        case .errors: return Double(statistics.errors)
        case .errorRatio: return Double(statistics.errors) / count
        }
    }
}
