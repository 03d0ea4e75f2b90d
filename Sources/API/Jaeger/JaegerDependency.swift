import Engine
import Pipeline
import Support
import Traces

/// Which services call which, for Jaeger's graph of services: in the window, and in the recording if the range begins
/// before it.
struct JaegerDependency: Encodable {
    var parent: String
    var child: String
    var callCount: Int

    /// - Parameter service: nil for all.
    static func all(_ query: JaegerQuery, _ surface: QueryServer.Surface) throws(JaegerError) -> [JaegerDependency] {
        let milliseconds: ClosedRange<Int64> = 1...(Int64.max / 4_000_000)
        let view = surface.pipeline.view()
        let end =
            try query.number("endTs", in: milliseconds).map { $0 * 1_000_000 } ?? view.ends?.upperBound ?? surface.now()
        let lookback = try query.number("lookback", in: milliseconds).map { $0 * 1_000_000 } ?? 86_400_000_000_000
        let service = query["service"]
        return calls(endingIn: end.subtractingSaturating(lookback)..<end.addingSaturating(1), view, surface).counts
            .map { JaegerDependency(parent: $0.key.caller, child: $0.key.callee, callCount: $0.value) }
            .filter { service == nil || $0.parent == service || $0.child == service }
            .sorted { ($0.parent, $0.child) < ($1.parent, $1.child) }
    }

    /// - Parameter range: of the ends of spans, Unix nanoseconds.
    private static func calls(
        endingIn range: Range<Int64>, _ view: WindowView, _ surface: QueryServer.Surface
    ) -> ServiceCalls {
        var calls = ServiceCalls()
        // Spans that ended before this process began may be both in the window and in the recording.
        let since = surface.traces.recorded?.windowHasAll(since: view.ends?.lowerBound)
        calls.add(view, endingIn: range, repeatedBefore: since ?? .min)
        guard let recorded = surface.traces.recorded, let since, !calls.isFull else { return calls }
        let earlier = range.clamped(to: .min..<since)
        if !earlier.isEmpty {
            recorded.add(
                to: &calls, endingIn: earlier, before: .now + QueryDeadline.searching,
                services: surface.pipeline.services)
        }
        return calls
    }
}
