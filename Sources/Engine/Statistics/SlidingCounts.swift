/// Counts over a sliding range of time. A step adds new spans and subtracts those that left, so it costs only what
/// changed, however many spans the range holds. Counts, errors and sums are exact; a quantile is known to its latency
/// bucket.
///
/// Rows of a slot are only ever appended, so it suffices to remember how many were counted. Requests of a slot are counted
/// anew when its attribution changes.
package struct SlidingCounts: Sendable {
    package let population: Population
    /// The slots of the range as they were counted. Those that left are kept until the next step, even if the window
    /// has evicted them.
    private var slots = CountedSlots()
    private var indexOfSeries: [UInt16] = []
    private var table: SlidingTable
    private var bad: BadCounts
    /// Nothing is counted before this time, Unix nanoseconds: the spans that exceeded the memory limit have left by
    /// then.
    private var restsUntil = Int64.min

    /// - Parameters:
    ///   - thresholds: durations, nanoseconds; a longer span is bad. - keepsBuckets: whether quantiles are needed.
    package init(_ population: Population, thresholds: [Int64] = [], keepsBuckets: Bool = true) {
        self.population = population
        table = SlidingTable(keepsBuckets: keepsBuckets)
        bad = BadCounts(thresholds: thresholds)
    }

    /// Bounded by series × octaves of latency in use: about 2 KB per series, and 40 bytes without buckets.
    package var byteCount: Int { table.byteCount + bad.byteCount }

    /// Moves to the spans that ended in `from..<to` (Unix nanoseconds). `isWanted` must name the same series each time;
    /// new series may be appended.
    ///
    /// - Returns: false if the counts can't follow, because the range cuts slots, part of it has left the window, or
    ///   they would exceed `bytesMax`. The counts are then empty; use `WindowView.measure`.
    package mutating func advance(
        over view: WindowView, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool {
        guard population.isCounted, from < to, from.isMultiple(of: Window.slotWidth),
            to.isMultiple(of: Window.slotWidth),
            from >= view.horizon, view.beyond(from: from, to: to) == nil, from >= restsUntil
        else {
            reset()
            return false
        }
        let scope = SeriesScope(population, range: TimeRange(from: .min, to: .max), isWanted: isWanted)
        let inRange = view.slots.indices(from: from, to: to)
        var change = CountedSlots.Change()
        slots.move(to: view.slots, inRange, population, &change)
        if change.removesMost {
            reset()
            change = CountedSlots.Change()
            slots.move(to: view.slots, inRange, population, &change)
        }
        indexOfSeries = scope.indexOfSeries
        table.extend(toSeries: scope.count)
        bad.extend(toSeries: scope.count)
        for part in change.left { remove(part, scope) }
        for part in change.joined where byteCount <= bytesMax { add(part, scope) }
        guard byteCount <= bytesMax else {
            reset()
            restsUntil = to
            return false
        }
        return true
    }

    private mutating func add(_ part: SlotRows, _ scope: SeriesScope) {
        var rows = part
        if let (counts, rest) = part.summarized(population) {
            table.add(counts, indexOfSeries)
            if bad.areKnown(by: counts) {
                bad.count(counts, indexOfSeries, step: 1)
            } else {
                scope.forEachBlock(of: [SlotRows(part.slot, upTo: rest.rows.lowerBound)]) { bad.add($0) }
            }
            rows = rest
        }
        scope.forEachBlock(of: [rows]) { rows in
            table.add(rows)
            bad.add(rows)
        }
    }

    private mutating func remove(_ part: SlotRows, _ scope: SeriesScope) {
        var rows = part
        if let (counts, rest) = part.summarized(population) {
            table.remove(counts, indexOfSeries)
            if bad.areKnown(by: counts) {
                bad.count(counts, indexOfSeries, step: -1)
            } else {
                scope.forEachBlock(of: [SlotRows(part.slot, upTo: rest.rows.lowerBound)]) { bad.remove($0) }
            }
            rows = rest
        }
        scope.forEachBlock(of: [rows]) { rows in
            table.remove(rows)
            bad.remove(rows)
        }
    }

    /// Resets the counts: other series are wanted.
    package mutating func reset() {
        guard !slots.isEmpty || !indexOfSeries.isEmpty else { return }
        let kept = restsUntil
        self = SlidingCounts(population, thresholds: bad.thresholds, keepsBuckets: table.keepsBuckets)
        restsUntil = kept
    }

    // MARK: Reading

    /// Count, errors and sum of some series combined.
    package func tally(of series: Span<Int32>) -> LatencyTally {
        if series.count == 1 { return table.tallies[Int(indexOfSeries[Int(series[0])])] }
        var sum = LatencyTally()
        for index in series.indices { sum += table.tallies[Int(indexOfSeries[Int(series[index])])] }
        return sum
    }

    /// How many spans of some series combined failed or exceeded a threshold (by its number).
    package func bad(of series: Span<Int32>, threshold: Int) -> Int {
        var sum = 0
        for index in series.indices {
            sum &+= bad.count(ofSeries: Int(indexOfSeries[Int(series[index])]), threshold: threshold)
        }
        return sum
    }

    /// The bounds, nanoseconds, of the latency bucket that holds the nearest-rank quantile of some series combined,
    /// which have `count` spans. Buckets must be kept.
    package func bounds(of quantile: Double, of series: Span<Int32>, count: Int) -> ClosedRange<Int64> {
        let rank = ExactQuantile.rank(quantile, of: count)
        return LatencyBucket.shared.bounds(table.code(ofRank: rank, in: series, indexOfSeries))
    }
}

extension [SlotView] {
    /// The indices of slots that start in `from..<to`, Unix nanoseconds.
    func indices(from: Int64, to: Int64) -> Range<Int> {
        let first = indices.first(reaching: { self[$0].start >= from })
        return first..<Swift.max(first, indices.first(reaching: { self[$0].start >= to }))
    }

    /// The slots that have a part of a range, Unix nanoseconds; in order of time, as these are.
    func overlapping(from: Int64, to: Int64) -> ArraySlice<SlotView> {
        let first = indices.first(reaching: { self[$0].end > from })
        return self[first..<Swift.max(first, indices.first(reaching: { self[$0].start >= to }))]
    }

    /// The slots that end in a range, Unix nanoseconds, but not at its beginning; in order of time, as these are.
    func within(_ range: Range<Int64>) -> ArraySlice<SlotView> {
        let first = indices.first(reaching: { self[$0].end > range.lowerBound })
        return self[first..<Swift.max(first, indices.first(reaching: { self[$0].end > range.upperBound }))]
    }
}
