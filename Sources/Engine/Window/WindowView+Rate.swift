import Support

extension WindowView {
    /// Exporters hold spans for a while, so that the last seconds are never complete.
    private static let arrivalDelay: Int64 = 10_000_000_000
    private static let usualRange: Int64 = 60_000_000_000

    /// The latest end of a span in the window, Unix nanoseconds; nil if it is empty.
    package var lastEnd: Int64? { slots.last { $0.count > 0 }?.ends.upperBound }

    /// How many spans ended per second, by whole slots.
    ///
    /// - Parameters:
    ///   - range: Unix nanoseconds; nil for the last minute whose spans have arrived.
    ///   - now: Unix nanoseconds.
    package func spanRate(in range: Range<Int64>?, now: Int64) -> Double {
        guard let oldest = slots.first?.start else { return 0 }
        let end = min(range?.upperBound ?? .max, max(now - Self.arrivalDelay, oldest + Window.slotWidth))
        let start = max(range?.lowerBound ?? end - Self.usualRange, oldest)
        let inRange = slots.filter { $0.start >= start && $0.start < end }
        guard let first = inRange.first?.start, let last = inRange.last?.end, start < end else { return 0 }
        let seconds = Double(max(last, end) - min(first, start)) / 1e9
        return Double(inRange.reduce(0) { $0 + $1.count }) / seconds
    }
}
