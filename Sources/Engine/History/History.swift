import Support

/// Spans that left the window, as sparse histograms: count, errors, sum, maximum and latency buckets of every series,
/// by the minute of the span's end, and by the hour once that is complete. Hours that it drops are kept as one block.
///
/// Counts, errors, sums and maxima stay exact; quantiles are within 0.55 %. Copies are cheap and independent: a reader
/// keeps one while another thread adds to its own.
package struct History: Sendable {
    let limits: HistoryLimits
    /// In order of time.
    private(set) var hours: [HistoryHour] = []
    /// Spans that belong to no hour any more, merged.
    private(set) var beyond = HistoryPeriod()
    /// The newest minute with spans.
    private(set) var newestMinute = Int64.min
    /// The first hour that has not been dropped.
    private var horizon = Int64.min

    init(limits: HistoryLimits = HistoryLimits()) {
        self.limits = limits
    }

    package var isEmpty: Bool { hours.isEmpty && beyond.isEmpty }

    /// Bytes of the whole history.
    package var byteCount: Int { hours.reduce(beyond.byteCount) { $0 + $1.byteCount } }

    /// The start of the oldest minute, or of the oldest hour if its minutes are gone, Unix nanoseconds; nil if it has
    /// no hours.
    package var oldest: Int64? {
        hours.first.map { hour in
            HistoryTime.start(ofMinute: hour.minutes.first?.number ?? hour.number * HistoryTime.minutesPerHour)
        }
    }

    /// No span in it ended earlier, Unix nanoseconds; nil if it is empty.
    var oldestHeld: Int64? {
        if !beyond.isEmpty { return .min }
        return hours.first.map { HistoryTime.start(ofMinute: $0.number * HistoryTime.minutesPerHour) }
    }

    // MARK: Adding

    /// Adds spans that left the window.
    package mutating func add(_ evicted: EvictedSpans) {
        horizon = max(horizon, firstHour(at: evicted.arrival))
        if !evicted.beyond.isEmpty, limits.keepsSum {
            var tally = SeriesTally()
            beyond.add(Self.block(evicted.beyond[...], &tally))
        }
        add(evicted.rows.sorted { $0.minute < $1.minute })
        add(evicted.slots)
        for hour in hours.indices { hours[hour].seal(newest: newestMinute) }
        evictExcess()
    }

    /// - Parameter parts: in order of time.
    private mutating func add(_ parts: [some EvictedPart]) {
        var tally = SeriesTally()
        let firstKept = parts.firstIndex { $0.hour >= horizon } ?? parts.count
        if firstKept > 0, limits.keepsSum { beyond.add(Self.block(parts[..<firstKept], &tally)) }
        for hour in parts[firstKept...].runs(by: \.hour) {
            let index = index(ofHour: hour[hour.startIndex].hour)
            if hours[index].hasMinutes {
                for minute in hour.runs(by: \.minute) {
                    let number = minute[minute.startIndex].minute
                    newestMinute = max(newestMinute, number)
                    hours[index].add(Self.block(minute, &tally), minute: number, newest: newestMinute)
                }
            }
            if hours[index].isSealed { hours[index].addToWhole(Self.block(hour, &tally), newest: newestMinute) }
        }
    }

    private static func block(_ parts: ArraySlice<some EvictedPart>, _ tally: inout SeriesTally) -> HistoryBlock {
        tally.removeAll()
        for part in parts {
            for population in Population.allCases { part.count(in: &tally, population, wanted: nil) }
            part.countOwnWork(in: &tally)
        }
        return HistoryBlock(tally)
    }

    private mutating func index(ofHour number: Int64) -> Int {
        let index = hours.firstIndex { $0.number >= number } ?? hours.count
        if index == hours.count || hours[index].number != number {
            hours.insert(HistoryHour(number: number), at: index)
        }
        return index
    }

    /// Handles a clock that was set back: the current minute and later ones lose their spans, which count only in
    /// `beyond` from then on.
    ///
    /// - Parameter clock: Unix nanoseconds.
    /// - Returns: how many spans these are.
    mutating func setBack(to clock: Int64) -> Int {
        let minute = HistoryTime.minute(of: clock)
        let removed = hours.indices.flatMap { hours[$0].setBack(to: minute) }
        hours.removeAll { $0.minutes.isEmpty && $0.hasMinutes }
        if !removed.isEmpty, limits.keepsSum { beyond = HistoryPeriod(merging: beyond.blocks + removed) }
        let newest = hours.last.map { $0.minutes.last?.number ?? ($0.number + 1) * HistoryTime.minutesPerHour - 1 }
        newestMinute = newest ?? .min
        horizon = min(horizon, firstHour(at: clock))
        return removed.reduce(0) { $0 + $1.spanCount }
    }

    /// The first hour to keep at a time, Unix nanoseconds. With a duration of 0 no hour is kept: even the current one
    /// would hold names for up to an hour.
    private func firstHour(at time: Int64) -> Int64 {
        guard limits.duration > 0 else { return .max }
        return HistoryTime.hour(of: HistoryTime.minute(of: time.subtractingSaturating(limits.duration)))
    }

    // MARK: Dropping the oldest

    private mutating func evictExcess() {
        var given: [HistoryBlock] = []
        while let first = hours.first, first.number < horizon { given += evictOldest() }
        repeat {
            while byteCount > limits.bytesMax, !hours.isEmpty {
                let whole = hours.reduce(0) { $0 + $1.whole.byteCount }
                if whole <= limits.bytesMax / 2, let index = hours.firstIndex(where: { $0.isSealed && $0.hasMinutes }) {
                    hours[index].dropMinutes()
                } else {
                    given += evictOldest()
                }
            }
            // Dropped hours make `beyond` larger, which may exceed the limit again.
            if !given.isEmpty, limits.keepsSum { beyond = HistoryPeriod(merging: beyond.blocks + given) }
            given = []
        } while byteCount > limits.bytesMax && !hours.isEmpty
    }

    private mutating func evictOldest() -> [HistoryBlock] {
        let oldest = hours.removeFirst()
        horizon = max(horizon, oldest.number + 1)
        return oldest.blocks
    }

    // MARK: Reading

    /// The blocks of the minutes in a range. Where minutes are gone, an hour counts if the range contains all of it.
    func blocks(in range: MinuteRange) -> [HistoryBlock] {
        hours.flatMap { $0.blocks(in: range) }
    }

    /// The complete hours that start within a range of time, Unix nanoseconds, in order.
    func completeHours(in range: Range<Int64>) -> [(start: Int64, counts: HistoryBlock)] {
        hours.compactMap { hour in
            let start = HistoryTime.start(ofMinute: hour.number * HistoryTime.minutesPerHour)
            guard hour.isSealed, range.contains(start) else { return nil }
            var whole = hour.whole
            whole.seal()
            return whole.blocks.first.map { (start, $0) }
        }
    }

    /// Whether spans of a minute, if added now, would be among `blocks(in:)`.
    func counts(minute: Int64, in range: MinuteRange) -> Bool {
        let number = HistoryTime.hour(of: minute)
        guard range.contains(minute), number >= horizon else { return false }
        guard let hour = hours.first(where: { $0.number == number }), !hour.hasMinutes else { return true }
        return range.covers(hour: number)
    }

    /// Everything that ever left the window.
    var allBlocks: [HistoryBlock] { beyond.blocks + hours.flatMap(\.blocks) }
}

extension ArraySlice {
    /// Maximal runs of elements with the same key.
    fileprivate func runs(by key: (Element) -> Int64) -> [ArraySlice] {
        var runs: [ArraySlice] = []
        var start = startIndex
        for index in indices where key(self[index]) != key(self[start]) {
            runs.append(self[start..<index])
            start = index
        }
        if start < endIndex { runs.append(self[start...]) }
        return runs
    }
}
