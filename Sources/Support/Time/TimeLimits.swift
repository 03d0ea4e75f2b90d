/// Checks times and durations that come from outside: spans, archives, state files, configurations, rules, the command
/// line. Beyond this check they are plain `Int64` nanoseconds, and times count from the Unix epoch.
///
/// The two limits are chosen together so that arithmetic on checked values can't overflow: a time is at most 2^62 and a
/// duration less than 2^62 / 14, so a time plus or minus up to 14 durations stays within ±2^63. Code that adds more, or
/// uses a sentinel (`Int64.min` for "before all time"), uses the saturating operations.
@usableFromInline
package enum TimeLimits {
    /// 2116-02-20T23:53:38.427387904Z.
    @inlinable package static var latest: Int64 { 1 << 62 }
    /// Ten years: longer than anything is kept or waited for.
    @inlinable package static var longest: Int64 { 3_650 * 86_400 * 1_000_000_000 }
    /// Seven days: watches and hung streams last hours, the longest leases days. A longer span has a start that was
    /// never set, and would outweigh all others in a mean.
    @inlinable package static var longestSpan: Int64 { 7 * 86_400 * 1_000_000_000 }

    /// A time from outside, Unix nanoseconds; nil if it is before the epoch or beyond the limit.
    @inlinable @inline(__always)
    package static func time(_ nanoseconds: UInt64) -> Int64? {
        nanoseconds <= UInt64(latest) ? Int64(nanoseconds) : nil
    }

    package static func time(_ nanoseconds: Int64) -> Int64? {
        nanoseconds >= 0 && nanoseconds <= latest ? nanoseconds : nil
    }

    /// A duration from outside, nanoseconds; nil if it is negative or beyond the limit.
    package static func duration(_ nanoseconds: some BinaryInteger) -> Int64? {
        guard let duration = Int64(exactly: nanoseconds), duration >= 0, duration <= longest else { return nil }
        return duration
    }

    /// The nearest valid time: for clocks, whose readings can't be refused.
    package static func nearestTime(_ nanoseconds: Int64) -> Int64 { min(max(nanoseconds, 0), latest) }
}

/// Arithmetic that saturates: for sentinels such as `Int64.min`, and for sums of many durations.
extension Int64 {
    package func addingSaturating(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    package func subtractingSaturating(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    package func multipliedSaturating(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }
}
