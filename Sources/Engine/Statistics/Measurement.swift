/// The durations that statistics are taken over.
package enum Population: UInt8, CaseIterable, Hashable, Sendable {
    /// All spans, by operation.
    case spans
    /// API requests, by request labels; excludes long-running ones (watch, proxy, attach, exec, portforward, log with
    /// follow). In attributed slots they begin with their authentication.
    case requests
    /// Self times of spans, by operation. Known for attributed slots.
    case selfTimes
    /// Parts of requests; one series for each request series and component (`part`). Known for attributed slots.
    case parts

    /// Whether slots should be attributed first.
    package var isOfAttribution: Bool { self != .spans }

    /// Whether sliding counts can follow it: the others are known only for attributed slots.
    package var isCounted: Bool { self == .spans || self == .requests }

    /// How many series there are with these numbers of operations and of request labels.
    package func seriesCount(operations: Int, requests: Int) -> Int {
        switch self {
        case .spans, .selfTimes: operations
        case .requests: requests
        case .parts: requests * ComponentTable.countMax
        }
    }

    /// The series of `parts` for a component of a request series.
    package static func part(of request: Int, _ component: Component) -> Int {
        request * ComponentTable.countMax + Int(component.number)
    }
}

/// Groups the series of a population, and names the quantiles wanted of each group.
package struct Selection: Sendable {
    /// The group of each series, indexed by the view's operation or request number; -1 for none.
    package var groupOfSeries: [Int32]
    package var groupCount: Int
    /// Quantiles in 0...1, e.g. 0.99.
    package var quantiles: [Double]
    /// Durations, nanoseconds: a span that takes longer, or fails, is bad.
    package var thresholds: [Int64]
    /// Whether the maximum is wanted.
    var wantsMax: Bool
    /// The minimum number of durations of each group. Missing ones count as zero: requests of which a component took
    /// nothing have no row. Empty if every duration has a row.
    var counts: [Int]
    /// If series are distinguished by instance. `groupOfSeries` is then indexed by its pairs; for parts, by pair and
    /// component as in `Population.part`.
    package var instances: InstanceSeries?

    package init(
        groupOfSeries: [Int32], groupCount: Int, quantiles: [Double], wantsMax: Bool = true, thresholds: [Int64] = [],
        counts: [Int] = [], instances: InstanceSeries? = nil
    ) {
        self.groupOfSeries = groupOfSeries
        self.groupCount = groupCount
        self.quantiles = quantiles
        self.wantsMax = wantsMax
        self.thresholds = thresholds
        self.counts = counts
        self.instances = instances
    }

    /// Whether counts, errors and sums are all that is wanted.
    var isOfSums: Bool { quantiles.isEmpty && !wantsMax && thresholds.isEmpty && instances == nil }

    /// How many durations of zero a group has besides its rows.
    func absent(_ group: Int, rows: Int) -> Int {
        counts.isEmpty ? 0 : max(counts[group] - rows, 0)
    }
}

/// Statistics of one group over one range of time. Durations in nanoseconds.
package struct LatencyStatistics: Equatable, Sendable {
    package var count = 0
    package var errors = 0
    /// The exact sum of durations; hostile spans could overflow 64 bits.
    package var sum: Int128 = 0
    /// 0 if it isn't wanted.
    package var max: Int64 = 0
    /// One value per wanted quantile, nearest rank (the ceil(q·n)-th smallest); empty when `count` is 0.
    package var quantiles: [Int64] = []
    /// How many spans failed or exceeded each threshold; empty when `count` is 0.
    package var bad: [Int] = []
    /// How long the time is that they are about, relative to the range asked for: 1 if the window holds all of it.
    package var coverage = 1.0

    package init() {}
}
