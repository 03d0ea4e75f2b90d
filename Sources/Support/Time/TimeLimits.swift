/// The door for times and durations that come from outside: spans, archives, state files, configurations, rules, the command
/// line. What passes it is a plain `Int64` of nanoseconds from then on, times since the Unix epoch.
///
/// The two limits are chosen together, so that arithmetic on what passed can't overflow: a time is at most 2^62, a duration
/// less than 2^62 / 14, so a time plus or minus as many as 14 durations is within ±2^63. Code that does more than that, or
/// works with a sentinel (`Int64.min` for "before all time"), uses the saturating operations.
@usableFromInline
package enum TimeLimits {
    /// 2116-02-20T23:53:38.427387904Z.
    @inlinable package static var latest: Int64 { 1 << 62 }
    /// Ten years: longer than anything is kept, or waited for.
    @inlinable package static var longest: Int64 { 3_650 * 86_400 * 1_000_000_000 }
    /// Seven days: watches and hung streams last hours, the longest leases days. A span that claims more has a start that was
    /// never set, and would outweigh all others in a mean.
    @inlinable package static var longestSpan: Int64 { 7 * 86_400 * 1_000_000_000 }

    /// A time as it came, Unix nanoseconds; nil if it is before the epoch or beyond the limit.
    @inlinable @inline(__always)
    package static func time(_ nanoseconds: UInt64) -> Int64? {
        nanoseconds <= UInt64(latest) ? Int64(nanoseconds) : nil
    }

    package static func time(_ nanoseconds: Int64) -> Int64? {
        nanoseconds >= 0 && nanoseconds <= latest ? nanoseconds : nil
    }

    /// A duration as it came, nanoseconds; nil if it is negative or beyond the limit.
    package static func duration(_ nanoseconds: some BinaryInteger) -> Int64? {
        guard let duration = Int64(exactly: nanoseconds), duration >= 0, duration <= longest else { return nil }
        return duration
    }

    /// The nearest time that passes: for clocks, which can't be refused.
    package static func nearestTime(_ nanoseconds: Int64) -> Int64 { min(max(nanoseconds, 0), latest) }
}

/// Sums that stop at the ends of what can be represented: for sentinels such as `Int64.min`, and where many durations add up.
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
