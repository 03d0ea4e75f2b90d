import Engine
import Pipeline
import Traces

/// A search of the window, and of the recording if its range begins before the window.
struct TraceSearches {
    /// Of the ends of spans, Unix nanoseconds.
    var range: Range<Int64>
    var limit: Int
    var order = TraceSearch.Order.recent
    var readsRecording = true
    /// The search of a view, which has operations and requests of its own.
    var search: (WindowView) throws -> TraceSearch

    /// What was found, best first.
    struct Found<Row> {
        var rows: [Row]
        /// Why some that the recording holds may be missing.
        var warnings: [String]
        /// The deadline for everything that is read from the recording.
        var deadline: ContinuousClock.Instant
    }

    /// - Parameter row: of a found trace, from the view that it was found in.
    func found<Row>(
        _ surface: QueryServer.Surface, _ row: @escaping (FoundTrace, WindowView) -> Row
    ) throws -> Found<Row> {
        let deadline = ContinuousClock.now + QueryDeadline.reading
        let view = surface.pipeline.attributedSummary().view
        var best = BestRows<Row>(limit: limit)
        for trace in view.search(try search(view)) { best.add(trace) { row(trace, view) } }
        var warnings: [String] = []
        if readsRecording, let recorded = surface.traces.recorded {
            let earlier = range.clamped(to: .min..<recorded.windowHasAll(since: view.ends?.lowerBound))
            if !earlier.isEmpty, !(order == .recent && best.isFull) {
                warnings =
                    recorded.search(
                        earlier, before: .now + QueryDeadline.searching, services: surface.pipeline.services,
                        components: surface.pipeline.components
                    ) { view, ends in
                        guard var search = try? search(view) else { return }
                        search.range = ends
                        for trace in view.search(search) { best.add(trace) { row(trace, view) } }
                    } isEnough: {
                        order == .recent && best.isFull
                    }.warnings
            }
        }
        return Found(rows: best.rows, warnings: warnings, deadline: deadline)
    }
}

extension RecordedTraces {
    /// - Parameter oldest: end of a span in the window, Unix nanoseconds; nil if it has none.
    func windowHasAll(since oldest: Int64?) -> Int64 {
        max(windowBegan, oldest ?? windowBegan)
    }
}

/// The best traces of several searches, each once.
private struct BestRows<Row> {
    let limit: Int
    private var entries: [(id: TraceID, rank: Int64, row: Row)] = []

    init(limit: Int) { self.limit = limit }

    var isFull: Bool { entries.count >= limit }
    var rows: [Row] { entries.map(\.row) }

    mutating func add(_ trace: FoundTrace, _ row: () -> Row) {
        if let known = entries.firstIndex(where: { $0.id == trace.id }) {
            guard trace.rank > entries[known].rank else { return }
            entries.remove(at: known)
        }
        guard !isFull || trace.rank > entries[limit - 1].rank else { return }
        let index = entries.firstIndex { $0.rank < trace.rank } ?? entries.count
        entries.insert((trace.id, trace.rank, row()), at: index)
        if entries.count > limit { entries.removeLast() }
    }
}
