/// The result of a search for single spans.
package struct FoundSpans: Equatable, Sendable {
    /// The longest match of each group, nanoseconds; nil if it has none.
    package var longest: [Int64?]
    /// Whether any span of any series ended in the range.
    package var isHeard: Bool

    package init(longest: [Int64?], isHeard: Bool) {
        self.longest = longest
        self.isHeard = isHeard
    }
}

extension WindowView {
    /// Searches the spans of the window that ended in `from..<to` (Unix nanoseconds).
    ///
    /// - Parameters:
    ///   - selection: the groups; its quantiles are ignored.
    ///   - durations: the durations to look for, nanoseconds.
    package func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans {
        let inRange = slots.overlapping(from: from, to: to).filter { $0.count > 0 }
        var found = FoundSpans(
            longest: Array(repeating: nil, count: selection.groupCount), isHeard: hasSpans(from: from, to: to))
        // Most slots have no span that is slow enough for any rule.
        let promising = inRange.filter { slot in
            let (least, greatest) = population == .requests ? slot.requestBuckets : (slot.bucketMin, slot.bucketMax)
            let codes = LatencyBucket.shared
            let slotDurations = codes.bounds(Int(least)).lowerBound...codes.bounds(Int(greatest)).upperBound
            return durations.contains { $0.overlaps(slotDurations) }
        }
        guard !promising.isEmpty else { return found }
        let range = TimeRange(from: from, to: to)
        guard selection.instances == nil else {
            for start in stride(from: 0, to: selection.groupCount, by: ExactQuantile.groupsMax) {
                let groups = start..<min(start + ExactQuantile.groupsMax, selection.groupCount)
                let scope = SeriesScope.of(groups, in: selection, population, range: range)
                for (group, duration) in Self.longest(scope, promising, durations).enumerated() where duration >= 0 {
                    found.longest[start + group] = duration
                }
            }
            return found
        }
        var isWanted = selection.groupOfSeries.map { $0 >= 0 }
        isWanted += Array(repeating: false, count: max(seriesCount(population) - isWanted.count, 0))
        let scope = SeriesScope(population, range: range, isWanted: isWanted)
        let longest = Self.longest(scope, promising, durations)
        for (group, seriesIndex) in zip(selection.groupOfSeries, scope.indexOfSeries) where group >= 0 {
            let duration = longest[Int(seriesIndex)]
            if duration >= 0 { found.longest[Int(group)] = max(found.longest[Int(group)] ?? 0, duration) }
        }
        return found
    }

    /// The longest match of each series of a scope, nanoseconds; -1 if it has none.
    private static func longest(
        _ scope: SeriesScope, _ slots: [SlotView], _ durations: [ClosedRange<Int64>]
    ) -> [Int64] {
        var longest = [Int64](repeating: -1, count: scope.count)
        for range in durations {
            scope.forEachBlock(of: slots) { findLongest($0, in: range, &longest) }
        }
        return longest
    }

    @inline(__always)
    private static func findLongest(
        _ rows: borrowing MeasuredRows, in range: ClosedRange<Int64>, _ longest: inout [Int64]
    ) {
        let (low, high) = (range.lowerBound, range.upperBound)
        var longest = longest.mutableSpan
        rows.forEach { seriesIndex, row in
            let duration = rows.durations[row]
            if duration >= low, duration <= high, duration > longest[seriesIndex] { longest[seriesIndex] = duration }
        }
    }

    /// Whether any spans ended in a range of time (Unix nanoseconds); for spans that left the window, to the minute.
    package func hasSpans(from: Int64, to: Int64) -> Bool {
        let exact = TimeRange(from: from, to: to)
        // Slots are in order of time: the last one before the range may reach into it.
        let first = max(slots.indices.first(reaching: { slots[$0].start >= from }) - 1, 0)
        let reaching = slots[first...].prefix { $0.start < to }
        if reaching.contains(where: { $0.end > from && $0.hasSpans(in: exact) }) { return true }
        guard let minutes = beyond(from: from, to: to)?.minutes else { return false }
        return !history.blocks(in: minutes).isEmpty || evicted.hasSpans { history.counts(minute: $0, in: minutes) }
    }
}

extension WindowView {
    /// The window's spans of some traces, trace by trace as requested, each in order of start.
    ///
    /// - Parameter range: only spans that end in it, Unix nanoseconds.
    package func spans(of traces: [TraceID], endingIn range: Range<Int64> = .min ..< .max) -> [[SpanRow]] {
        var spans = traces.map { _ in [SpanRow]() }
        let wanted = WantedTraces(traces)
        for slot in slots where slot.start < range.upperBound && slot.end > range.lowerBound {
            slot.forEachBlock { columns, count in
                wanted.forEachRow(of: columns, count) { spans[$0].append(columns.row($1)) }
            }
        }
        for index in spans.indices {
            spans[index].sort { ($0.start, $1.duration, $0.spanID) < ($1.start, $0.duration, $1.spanID) }
        }
        return spans
    }

    /// For each search, the traces of its worst spans, worst first, each trace once. All searches share one scan per
    /// population.
    package func worstTraces(_ searches: [WorstSpanSearch], limit: Int) -> [[TraceID]] {
        var found = searches.map { WorstSpans(limit: limit, failedFirst: $0.failedFirst) }
        for population in Set(searches.map(\.population)) {
            var searchesOfSeries = [[Int]](repeating: [], count: seriesCount(population))
            for (number, search) in searches.enumerated() where search.population == population {
                for series in search.series where series < searchesOfSeries.count {
                    searchesOfSeries[Int(series)].append(number)
                }
            }
            find(population, searches, searchesOfSeries, &found)
        }
        return found.map(\.traces)
    }

    private func find(
        _ population: Population, _ searches: [WorstSpanSearch], _ searchesOfSeries: [[Int]],
        _ found: inout [WorstSpans]
    ) {
        let own = searches.filter { $0.population == population }
        for slot in slots where own.contains(where: { $0.range.overlaps(slot.start..<slot.end) }) {
            var rows = SlotRows(slot)
            if population == .requests, let (attribution, rest) = rows.attributedRequests {
                rows = rest
                if let attribution { Self.find(attribution, slot, searches, searchesOfSeries, &found) }
            }
            // The least duration that matters to any search of a series; a look at its list would take hold of that.
            let least = searchesOfSeries.map { numbers in numbers.map { found[$0].least }.min() ?? .max }
            rows.forEachBlock { columns, _, rows in
                for row in rows {
                    let flags = SpanFlags(rawValue: columns.flags[row])
                    let series = population.series(
                        operation: columns.operation[row], request: columns.request[row], flags: flags)
                    guard let series, columns.duration[row] >= least[series] || flags.isError else { continue }
                    let end = columns.start[row] &+ columns.duration[row]
                    for number in searchesOfSeries[series]
                    where searches[number].takes(end: end, columns.source[row]) {
                        found[number].add(duration: columns.duration[row], isError: flags.isError) {
                            TraceID(high: columns.traceHigh[row], low: columns.traceLow[row])
                        }
                    }
                }
            }
        }
    }
}

extension WindowView {
    /// Searches the requests of an attributed slot.
    private static func find(
        _ attribution: SlotAttribution, _ slot: SlotView, _ searches: [WorstSpanSearch], _ searchesOfSeries: [[Int]],
        _ found: inout [WorstSpans]
    ) {
        for (request, attributed) in attribution.requests.enumerated() {
            let wanting = searchesOfSeries[Int(attributed.series)]
            guard !wanting.isEmpty else { continue }
            let span = slot.row(Int(attributed.row))
            let (end, duration) = (span.start &+ span.duration, attribution.durations.durations[request])
            for number in wanting where searches[number].takes(end: end, span.source) {
                found[number].add(duration: duration, isError: span.flags.isError) {
                    TraceID(high: span.traceHigh, low: span.traceLow)
                }
            }
        }
    }
}

/// Finds the rows of some traces in one pass: nearly all others are ruled out by twelve bits of their ids.
private struct WantedTraces {
    private static let bits: UInt64 = 12
    private var mayBe = [UInt64](repeating: 0, count: 1 << (Int(bits) - 6))
    private let traces: [TraceID]
    /// By the lower half of the id.
    private let numbers: [UInt64: [Int]]

    init(_ traces: [TraceID]) {
        self.traces = traces
        numbers = Dictionary(grouping: traces.indices) { traces[$0].low }
        for trace in traces { mayBe[Self.word(trace.low)] |= Self.bit(trace.low) }
    }

    /// Calls `body` with the number of each trace that a row belongs to, and the row.
    func forEachRow(of columns: borrowing SpanColumns, _ count: Int, _ body: (_ number: Int, _ row: Int) -> Void) {
        let (mayBe, lows) = (mayBe.span, columns.traceLow.span(0..<count))
        for row in 0..<count where mayBe[Self.word(lows[row])] & Self.bit(lows[row]) != 0 {
            for number in numbers[lows[row]] ?? [] where traces[number].high == columns.traceHigh[row] {
                body(number, row)
            }
        }
    }

    /// Clients choose ids, which may have constant bits.
    private static func hash(_ low: UInt64) -> UInt64 { (low &* 0x9E37_79B9_7F4A_7C15) &>> (64 - bits) }
    private static func word(_ low: UInt64) -> Int { Int(truncatingIfNeeded: hash(low) &>> 6) }
    private static func bit(_ low: UInt64) -> UInt64 { 1 &<< (hash(low) & 63) }
}

/// A search for the worst spans of some series: the longest ones, optionally failed ones before all others.
package struct WorstSpanSearch: Sendable {
    /// Spans or requests.
    var population: Population
    /// Range of span ends, Unix nanoseconds.
    var range: Range<Int64>
    var series: [Int32]
    var failedFirst: Bool
    /// Numbers of the only sources whose spans count; nil for all.
    var sources: Set<UInt16>?

    package init(
        population: Population, range: Range<Int64>, series: [Int32], failedFirst: Bool, sources: Set<UInt16>? = nil
    ) {
        self.sources = sources
        self.population = population
        self.range = range
        self.series = series
        self.failedFirst = failedFirst
    }
}

extension WorstSpanSearch {
    @inline(__always)
    fileprivate func takes(end: Int64, _ source: UInt16) -> Bool {
        range.contains(end) && sources?.contains(source) ?? true
    }
}

/// The few worst of many spans, worst first.
private struct WorstSpans {
    private struct Entry {
        var trace: TraceID
        var isPreferred: Bool
        var duration: Int64
    }

    private let limit: Int
    private let failedFirst: Bool
    private var entries: [Entry] = []

    init(limit: Int, failedFirst: Bool) {
        self.limit = limit
        self.failedFirst = failedFirst
    }

    var traces: [TraceID] { entries.map(\.trace) }

    /// Spans that took less are among the worst only if they failed.
    var least: Int64 {
        guard entries.count == limit, let last = entries.last else { return 0 }
        return last.isPreferred ? .max : last.duration
    }

    @inline(__always)
    mutating func add(duration: Int64, isError: Bool, trace: () -> TraceID) {
        let isPreferred = failedFirst && isError
        if entries.count == limit, let last = entries.last, !Self.isWorse(isPreferred, duration, than: last) { return }
        insert(Entry(trace: trace(), isPreferred: isPreferred, duration: duration))
    }

    private mutating func insert(_ new: Entry) {
        if let known = entries.firstIndex(where: { $0.trace == new.trace }) {
            guard Self.isWorse(new.isPreferred, new.duration, than: entries[known]) else { return }
            entries.remove(at: known)
        }
        let index = entries.firstIndex { Self.isWorse(new.isPreferred, new.duration, than: $0) } ?? entries.count
        entries.insert(new, at: index)
        if entries.count > limit { entries.removeLast() }
    }

    private static func isWorse(_ isPreferred: Bool, _ duration: Int64, than other: Entry) -> Bool {
        isPreferred == other.isPreferred ? duration > other.duration : isPreferred
    }
}
