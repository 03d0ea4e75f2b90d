/// What a search of single spans found.
package struct FoundSpans: Equatable, Sendable {
    /// For each group the longest of its spans that were searched for, nanoseconds; nil where it has none.
    package var longest: [Int64?]
    /// Whether any spans at all ended in the range, of any series.
    package var isHeard: Bool

    package init(longest: [Int64?], isHeard: Bool) {
        self.longest = longest
        self.isHeard = isHeard
    }
}

extension WindowView {
    /// Looks at each span of the window that ended in `from..<to` (Unix nanoseconds).
    ///
    /// - Parameters:
    ///   - selection: the groups; no quantiles are taken.
    ///   - durations: those searched for, nanoseconds.
    package func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans {
        let inRange = slots.filter { $0.start < to && $0.end > from && $0.count > 0 }
        var found = FoundSpans(
            longest: Array(repeating: nil, count: selection.groupCount), isHeard: hasSpans(from: from, to: to))
        // Most slots have no span so slow as rules ask for.
        let promising = inRange.filter { slot in
            let slotDurations =
                LatencyBucket.shared.bounds(Int(slot.bucketMin))
                .lowerBound...LatencyBucket.shared.bounds(
                    Int(slot.bucketMax)
                ).upperBound
            return durations.contains { $0.overlaps(slotDurations) }
        }
        guard !promising.isEmpty else { return found }
        var isWanted = selection.groupOfSeries.map { $0 >= 0 }
        isWanted += Array(repeating: false, count: max(seriesCount(population) - isWanted.count, 0))
        let scope = SeriesScope(population, range: TimeRange(from: from, to: to), isWanted: isWanted)
        var longest = [Int64](repeating: -1, count: scope.count)
        for range in durations {
            scope.forEachBlock(of: promising) { Self.findLongest($0, in: range, &longest) }
        }
        for (group, line) in zip(selection.groupOfSeries, scope.indexOfSeries) where group >= 0 {
            let duration = longest[Int(line)]
            if duration >= 0 { found.longest[Int(group)] = max(found.longest[Int(group)] ?? 0, duration) }
        }
        return found
    }

    @inline(__always)
    private static func findLongest(
        _ rows: borrowing MeasuredRows, in range: ClosedRange<Int64>, _ longest: inout [Int64]
    ) {
        let (low, high) = (range.lowerBound, range.upperBound)
        var longest = longest.mutableSpan
        rows.forEach { line, place in
            let duration = rows.durations[place]
            if duration >= low, duration <= high, duration > longest[line] { longest[line] = duration }
        }
    }

    /// Whether any spans are known to have ended in a range of time (Unix nanoseconds), to the slot or, of what has left
    /// the window, the minute.
    package func hasSpans(from: Int64, to: Int64) -> Bool {
        if slots.contains(where: { $0.start < to && $0.end > from && $0.count > 0 }) { return true }
        guard reachesHistory(from: from, to: to) else { return false }
        let range = MinuteRange(from: from, to: to)
        return !history.blocks(in: range).isEmpty || evicted.hasSpans { history.counts(minute: $0, in: range) }
    }
}
