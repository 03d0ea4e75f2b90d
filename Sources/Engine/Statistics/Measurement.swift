/// What statistics are taken over.
package enum Population: UInt8, CaseIterable, Hashable, Sendable {
    /// All spans, by operation.
    case spans
    /// Requests to the API server, by request labels, without the long-running ones (watch, proxy, attach, exec,
    /// portforward, log with follow).
    case requests
    /// What spans took themselves, without what is below them, by operation. Known of slots that were attributed.
    case selfTimes
    /// What components took of requests; a series for each request series and component (`part`). Known of slots that
    /// were attributed.
    case parts

    /// Whether slots have to be attributed first.
    package var isOfAttribution: Bool { self == .selfTimes || self == .parts }

    /// The series of `parts` that a component has of a request series.
    package static func part(of request: Int, _ component: Component) -> Int {
        request * ComponentTable.countMax + Int(component.number)
    }
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
    /// By group how many durations it has at least, those of zero included that have no row: requests that a component
    /// took nothing of. Empty where every duration has a row.
    package var counts: [Int]

    package init(
        groupOfSeries: [Int32], groupCount: Int, quantiles: [Double], thresholds: [Int64] = [], counts: [Int] = []
    ) {
        self.groupOfSeries = groupOfSeries
        self.groupCount = groupCount
        self.quantiles = quantiles
        self.thresholds = thresholds
        self.counts = counts
    }

    /// How many durations of zero a group has beside its rows.
    func absent(_ group: Int, rows: Int) -> Int {
        counts.isEmpty ? 0 : max(counts[group] - rows, 0)
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
