import Support

/// The culprit of an interval, and how much of a request's time each component took in it and before.
package struct CulpritFinding: Sendable {
    package var verdict: Verdict
    /// Largest growth first.
    package var components: [ComponentGrowth]
}

extension WindowView {
    /// The culprit at a time, for a fault that began earlier (both Unix nanoseconds). The view must be attributed.
    ///
    /// Compares the last half minute with the ten minutes before the fault. A condition over a long range notices a fault
    /// late, so the baseline ends half of that range earlier, if enough history remains.
    /// - Parameter range: the length of the condition's range, nanoseconds.
    package func culprit(at time: Int64, since begin: Int64, range: Int64, _ components: ComponentTable)
        -> CulpritFinding
    {
        let oldest = slots.first?.start ?? time
        let noticed = begin.subtractingSaturating(max(range / 2, Self.culpritInterval))
        let latest = begin.subtractingSaturating(Self.culpritInterval)
        let end = noticed.subtractingSaturating(oldest) >= Self.culpritBaselineMin ? noticed : latest
        let evidence = evidence(
            Comparison(
                interval: time.subtractingSaturating(Self.culpritInterval)..<time,
                baseline: end.subtractingSaturating(Self.culpritBaseline)..<end),
            components)
        return CulpritFinding(
            verdict: evidence.verdict,
            components: evidence.components.sorted { $0.growth ?? $0.now > $1.growth ?? $1.now })
    }

    private static let culpritInterval: Int64 = 30_000_000_000
    private static let culpritBaseline: Int64 = 600_000_000_000
    private static let culpritBaselineMin: Int64 = 60_000_000_000
}
