/// A search for traces by one of their spans or API requests.
package struct TraceSearch: Sendable {
    package enum Order: String, CaseIterable, Sendable {
        /// The longest first.
        case duration
        /// The latest first.
        case recent
        /// Those with the longest part of a component first.
        case part
    }

    /// Of the ends of spans, Unix nanoseconds.
    package var range: Range<Int64>
    /// By operation or request number: whether its spans are wanted.
    package var isWanted: [Bool]
    package var population = Population.requests
    /// Nanoseconds.
    package var durations: ClosedRange<Int64> = 0 ... .max
    /// nil for both.
    package var isError: Bool?
    /// Only requests that have a part of this component, at least so long.
    package var part: (component: Component, atLeast: Int64)?
    package var order = Order.duration
    var limit: Int

    package init(range: Range<Int64>, isWanted: [Bool], limit: Int) {
        self.range = range
        self.isWanted = isWanted
        self.limit = limit
    }
}

/// A trace that a search found, by the span that matched best.
package struct FoundTrace: Sendable {
    package var id: TraceID
    package var span: SpanRow
    /// Nanoseconds; of a request, from the start of its authentication.
    package var duration: Int64
    /// Nanoseconds by component; empty until attributed.
    package var parts: [(component: Component, duration: Int64)] = []
    /// What the search's order is by: the more, the better.
    package fileprivate(set) var rank: Int64

    fileprivate init(_ span: SpanRow, duration: Int64, rank: Int64) {
        id = TraceID(high: span.traceHigh, low: span.traceLow)
        self.span = span
        self.duration = duration
        self.rank = rank
    }
}

extension WindowView {
    /// The traces that match best, best first, each once.
    package func search(_ search: TraceSearch) -> [FoundTrace] {
        var best = BestTraces(limit: search.limit)
        for slot in slots where slot.start < search.range.upperBound && slot.end > search.range.lowerBound {
            var rows = SlotRows(slot)
            if search.population == .requests, let (attribution, rest) = rows.attributedRequests {
                rows = rest
                if let attribution { Self.search(attribution, slot, search, &best) }
            }
            if search.part == nil { Self.search(rows, search, &best) }
        }
        return best.found
    }

    private static func search(_ rows: SlotRows, _ search: TraceSearch, _ best: inout BestTraces) {
        rows.forEachBlock { columns, _, rows in
            for row in rows {
                let flags = SpanFlags(rawValue: columns.flags[row])
                let series = search.population.series(
                    operation: columns.operation[row], request: columns.request[row], flags: flags)
                guard let series, series < search.isWanted.count, search.isWanted[series] else { continue }
                let duration = columns.duration[row]
                guard search.takes(flags, duration: duration, end: columns.start[row] &+ duration) else { continue }
                let rank = search.order == .recent ? columns.start[row] : duration
                if best.wants(rank) { best.add(FoundTrace(columns.row(row), duration: duration, rank: rank)) }
            }
        }
    }

    private static func search(
        _ attribution: SlotAttribution, _ slot: SlotView, _ search: TraceSearch, _ best: inout BestTraces
    ) {
        for (index, request) in attribution.requests.enumerated() {
            guard Int(request.series) < search.isWanted.count, search.isWanted[Int(request.series)] else { continue }
            let duration = attribution.durations.durations[index]
            let span = slot.row(Int(request.row))
            guard search.takes(span.flags, duration: duration, end: span.start &+ span.duration) else { continue }
            var rank = search.order == .recent ? span.start : duration
            if let (component, least) = search.part {
                let part = attribution.parts(of: index).first { $0.component == component }?.duration ?? 0
                guard part > 0, part >= least else { continue }
                if search.order == .part { rank = part }
            }
            guard best.wants(rank) else { continue }
            var found = FoundTrace(span, duration: duration, rank: rank)
            found.parts = attribution.parts(of: index)
            best.add(found)
        }
    }
}

extension TraceSearch {
    @inline(__always)
    fileprivate func takes(_ flags: SpanFlags, duration: Int64, end: Int64) -> Bool {
        durations.contains(duration) && range.contains(end) && isError.map { $0 == flags.isError } ?? true
    }
}

extension SlotAttribution {
    /// The parts of a request, by its index, the longest first.
    fileprivate func parts(of request: Int) -> [(component: Component, duration: Int64)] {
        let first = Int(requests[request].firstPart)
        let end = request + 1 < requests.count ? Int(requests[request + 1].firstPart) : parts.count
        return (first..<max(first, end)).map { part in
            (Component(UInt8(parts.series[part] % UInt32(ComponentTable.countMax))), parts.durations[part])
        }.sorted { $0.duration > $1.duration }
    }
}

/// The few best of many traces, best first.
private struct BestTraces {
    let limit: Int
    private(set) var found: [FoundTrace] = []

    init(limit: Int) { self.limit = limit }

    @inline(__always)
    func wants(_ rank: Int64) -> Bool { found.count < limit || rank > found[found.count - 1].rank }

    mutating func add(_ new: FoundTrace) {
        if let known = found.firstIndex(where: { $0.id == new.id }) {
            guard new.rank > found[known].rank else { return }
            found.remove(at: known)
        }
        let index = found.firstIndex { $0.rank < new.rank } ?? found.count
        found.insert(new, at: index)
        if found.count > limit { found.removeLast() }
    }
}

extension WindowView {
    /// How many of the attributed requests of one series in the view took less time, of how many.
    package func rank(ofRequest series: Int, duration: Int64) -> (faster: Int, of: Int) {
        var (faster, all) = (0, 0)
        for slot in slots {
            guard let attribution = slot.attribution else { continue }
            for index in 0..<attribution.durations.count where Int(attribution.durations.series[index]) == series {
                all += 1
                if attribution.durations.durations[index] < duration { faster += 1 }
            }
        }
        return (faster, all)
    }
}
