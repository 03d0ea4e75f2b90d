/// What statistics are taken over: all spans by operation, or requests to the API server by request labels.
/// Requests leave out the long-running ones (watch, proxy, attach, exec, portforward, log with follow).
package enum Population: UInt8, CaseIterable, Hashable, Sendable {
    case spans
    case requests
}

/// A partition of the series of a population into groups, and the quantiles wanted of each group.
package struct Selection: Sendable {
    /// For every series (index = operation or request number of the view) its group, or -1 for none.
    package var groupOfSeries: [Int32]
    package var groupCount: Int
    /// Quantiles in 0...1, e.g. 0.99.
    package var quantiles: [Double]
    /// Durations, nanoseconds: a span that took longer, or failed, is bad.
    package var thresholds: [Int64]

    package init(groupOfSeries: [Int32], groupCount: Int, quantiles: [Double], thresholds: [Int64] = []) {
        self.groupOfSeries = groupOfSeries
        self.groupCount = groupCount
        self.quantiles = quantiles
        self.thresholds = thresholds
    }
}

/// Exact statistics of one group over one range of time. Durations in nanoseconds.
package struct LatencyStatistics: Equatable, Sendable {
    package var count = 0
    package var errors = 0
    /// Sum of durations, exact: in 64 bits hostile spans could overflow it.
    package var sum: Int128 = 0
    package var max: Int64 = 0
    /// One value per wanted quantile, nearest rank (the ceil(q·n)-th smallest); empty when `count` is 0.
    package var quantiles: [Int64] = []
    /// How many failed or took longer, one number per threshold; empty when `count` is 0.
    package var bad: [Int] = []

    package init() {}
}
