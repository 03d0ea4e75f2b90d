import Engine
import OTLP
import Pipeline
import Rules
import TestSupport

/// The requests for a resource, as a report shows them.
struct AuthenticatedRequests: Equatable {
    var count = 1
    /// The sum of their durations, nanoseconds.
    var duration: Int64
    /// The part of it that is authentication's.
    var authentication: Int64
    /// How many are said to be without their authentication.
    var without = WithoutAuthentication()

    init(_ duration: Int64, authentication: Int64 = 0) {
        self.duration = duration
        self.authentication = authentication
    }

    /// Sends spans through a pipeline and returns the requests by resource.
    ///
    /// - Parameters:
    ///   - start: Unix nanoseconds; the spans arrive a minute later.
    ///   - isSettled: whether their slots settle before they are shown.
    static func found(of spans: [ReferenceSpan], at start: Int64, isSettled: Bool) throws -> [String: Self] {
        let pipeline = Pipeline(rules: RuleEvaluator([]), limits: WindowLimits(duration: nil))
        let arrival = start + 60_000_000_000
        pipeline.note(clock: arrival)
        // Settled: one batch. Provisional: one for each span.
        var batch = SpanBatch()
        for span in spans {
            try unsafe SpanDecoder().decode(span.record.span.bytes, into: &batch)
            if isSettled { continue }
            _ = pipeline.append(batch, arrival: arrival)
            batch.removeAll()
        }
        if isSettled {
            _ = pipeline.append(batch, arrival: arrival)
            pipeline.note(clock: arrival + 3_600_000_000_000)
        }
        return rows(pipeline)
    }

    static func rows(_ pipeline: Pipeline) -> [String: Self] {
        let view = pipeline.attributedSummary().view
        let requests = view.requestSummaries()
        let without = view.withoutAuthentication()
        var rows: [String: Self] = [:]
        for (request, components) in zip(requests, view.componentSummaries(of: requests)) {
            var row = Self(Int64(request.sum))
            row.count = request.count
            row.authentication = Int64(components.first { $0.component == .authentication }?.sum ?? 0)
            row.without = without[request.series]
            rows[request.labels.resource] = row
        }
        return rows
    }
}
