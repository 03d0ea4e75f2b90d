package import Engine
import Synchronization

/// Which traces stand out among their kind of request: the slowest of each five minutes, and the last one that failed.
package final class NotableTraces: Sendable {
    fileprivate struct Reason: Hashable {
        var kind: RequestLabels
        var isError: Bool
    }

    fileprivate struct Best {
        var trace: TraceID
        var rank: Int64
    }

    fileprivate struct State {
        var search = NotableRequests()
        /// By the number of the five minutes.
        var periods: [Int64: [Reason: Best]] = [:]
    }

    private let state = Mutex(State())

    /// Nanoseconds.
    fileprivate static let period: Int64 = 300_000_000_000
    /// Thousands of kinds of request are more than any control plane has.
    private static let countMax = 10_000

    package init() {}

    /// Examines the requests that have arrived since the last call.
    ///
    /// - Parameter isCrowded: whether there isn't room for so many, so that those of the oldest five minutes must be
    /// released.
    /// - Returns: the traces, as far as the view reaches back.
    package func update(_ view: WindowView, isCrowded: Bool) -> Set<TraceID> {
        state.withLock { state in
            for request in state.search.next(in: view) { state.add(request, of: view.requests[request.kind]) }
            if let first = view.ends?.lowerBound {
                state.periods = state.periods.filter { ($0.key + 1) * Self.period > first }
            }
            if isCrowded { state.dropOldest() }
            while state.count > Self.countMax, state.periods.count > 1 { state.dropOldest() }
            return Set(state.periods.values.flatMap { $0.values.map(\.trace) })
        }
    }
}

extension NotableTraces.State {
    fileprivate var count: Int { periods.values.reduce(0) { $0 + $1.count } }

    fileprivate mutating func add(_ request: NotableRequest, of kind: RequestLabels) {
        let number = request.end / NotableTraces.period
        note(request.trace, rank: request.duration, NotableTraces.Reason(kind: kind, isError: false), in: number)
        guard request.isError else { return }
        note(request.trace, rank: request.end, NotableTraces.Reason(kind: kind, isError: true), in: number)
    }

    private mutating func note(_ trace: TraceID, rank: Int64, _ reason: NotableTraces.Reason, in number: Int64) {
        guard rank > periods[number]?[reason]?.rank ?? .min else { return }
        periods[number, default: [:]][reason] = NotableTraces.Best(trace: trace, rank: rank)
    }

    /// The newest stay, whatever room there is.
    fileprivate mutating func dropOldest() {
        guard periods.count > 1, let oldest = periods.keys.min() else { return }
        periods[oldest] = nil
    }
}
