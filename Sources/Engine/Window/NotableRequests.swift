/// A request that stands out among its kind: the slowest of some, or the last of them that failed.
package struct NotableRequest: Equatable, Sendable {
    package var trace: TraceID
    /// Its number among the view's kinds of request.
    package var kind: Int
    /// Unix nanoseconds.
    package var end: Int64
    /// Nanoseconds.
    package var duration: Int64
    package var isError: Bool
}

/// Finds requests that stand out among those that came since it looked last.
package struct NotableRequests {
    /// How many rows of each slot have been examined, by the slot's start.
    private var seen: [Int64: Int] = [:]

    package init() {}

    /// For each kind and slot, the slowest new request and the last new one that failed.
    package mutating func next(in view: WindowView) -> [NotableRequest] {
        var found: [NotableRequest] = []
        var counts: [Int64: Int] = [:]
        for slot in view.slots {
            let known = seen[slot.start] ?? 0
            counts[slot.start] = slot.count
            // One that was evicted may begin again.
            let rows = SlotRows(slot, from: known <= slot.count ? known : 0)
            if !rows.rows.isEmpty { found += Self.notable(rows, kinds: view.requests.count) }
        }
        seen = counts
        return found
    }

    private static func notable(_ rows: SlotRows, kinds: Int) -> [NotableRequest] {
        var slowest = [NotableRequest?](repeating: nil, count: kinds)
        var failed = slowest
        rows.forEachBlock { columns, _, rows in
            for row in rows {
                let flags = SpanFlags(rawValue: columns.flags[row])
                let series = Population.requests.series(
                    operation: columns.operation[row], request: columns.request[row], flags: flags)
                guard let kind = series, kind < kinds else { continue }
                let duration = columns.duration[row]
                let end = columns.start[row] &+ duration
                if duration > slowest[kind]?.duration ?? -1 {
                    slowest[kind] = NotableRequest(columns.row(row), kind: kind)
                }
                if flags.isError, end > failed[kind]?.end ?? .min {
                    failed[kind] = NotableRequest(columns.row(row), kind: kind)
                }
            }
        }
        return slowest.compactMap { $0 } + failed.compactMap { $0 }
    }
}

extension NotableRequest {
    fileprivate init(_ span: SpanRow, kind: Int) {
        self.init(
            trace: TraceID(high: span.traceHigh, low: span.traceLow), kind: kind, end: span.start &+ span.duration,
            duration: span.duration, isError: span.flags.isError)
    }
}
