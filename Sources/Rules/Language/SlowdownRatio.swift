import Support

/// How many times as long as earlier spans or requests take, whatever the mix: each series of a group is compared with
/// itself. The geometric mean, over the series, of a percentile now by the same then, each series weighted by its count
/// now. A rollout that creates pods where there were events before changes the median of all creates, but no series' own.
///
/// Percentiles are taken to their latency bucket, so that the result is within 1.1 %.
package struct SlowdownRatio: Hashable, Sendable {
    package var quantile: Quantile
    /// Nanoseconds back to what is compared with.
    package var ago: Int64

    /// A series with fewer durations then has no percentile worth the name, and is left out.
    static let countBeforeMin = 8
    /// Below so many durations now, of the series that are compared, there is no data.
    package static let countMin = 20

    package init(quantile: Quantile, ago: Int64) {
        self.quantile = quantile
        self.ago = ago
    }
}

extension SlowdownRatio: CustomStringConvertible {
    package var description: String { "slowdown(p\(quantile.percent), \(DurationText.format(ago)))" }
}
