import Engine
import Pipeline
import Support

extension Resource {
    /// How long an operation, or a kind of request, took, step by step: a heat map.
    static let latency = json(
        "/api/v1/latency",
        parameters: QueryParameter.common + [.step, .service, .operation, .kind] + QueryParameter.requestLabels,
        summary: "how long an operation or a kind of request took, step by step",
        schema: .steps(of: LatencyStepJSON.schema),
        check: { query throws(QueryError) in try query.checkSubject() }
    ) { surface, query in
        let summary = surface.pipeline.attributedSummary()
        let view = summary.view
        let grid = try query.steps(of: view)
        let isOfRequests = !query.namesOperation
        let steps = view.latencySteps(
            isOfRequests ? .requests : .spans, grid,
            isWanted: isOfRequests
                ? view.requests.map { query.includes($0) } : view.operations.map { query.includes($0) },
            quantiles: [0.5, 0.99])
        return StepsJSON(grid) { LatencyStepJSON(grid.start($0), steps[$0]) }
    }
}

extension QueryParameter {
    static let operation = QueryParameter("operation", "operation must be the name of a span") { _ in true }
    static let kind = QueryParameter("kind", "kind must be \(SpanKind.allCases.map(\.name).listed("or"))") { text in
        SpanKind.allCases.contains { $0.name == text }
    }
}

extension Query {
    /// Whether the question is about spans by operation, not about requests.
    var namesOperation: Bool { self[.service] != nil || self[.operation] != nil || self[.kind] != nil }

    func checkSubject() throws(QueryError) {
        guard namesOperation, let label = QueryParameter.requestLabels.first(where: { self[$0] != nil }) else { return }
        throw QueryError(
            message: "\(label.name) selects requests, and service, operation and kind select spans; "
                + "use one or the other")
    }

    func includes(_ labels: OperationLabels) -> Bool {
        includes(cluster: labels.cluster)
            && [.service, .operation, .kind].allSatisfy { (parameter: QueryParameter) in
                self[parameter].map { $0 == labels[parameter.name] } ?? true
            }
    }
}

/// A step of `latency`.
struct LatencyStepJSON: Encodable, Sendable {
    struct Bucket: Encodable, Sendable {
        /// Durations above this one, up to and including the other.
        var lower_seconds: Double
        var upper_seconds: Double
        var count: Int
    }

    /// Its start.
    var time: String
    var count: Int
    var errors: Int
    /// null without spans.
    @OrNull var p50_seconds: Double?
    @OrNull var p99_seconds: Double?
    /// Those with spans, the shortest first.
    var buckets: [Bucket]
    /// False if spans of the step have left the window; otherwise absent.
    var exact: Bool?

    static let schema = Schema.object(
        [
            "time": .time, "count": .integer, "errors": .integer, "p50_seconds": .nullable(.number),
            "p99_seconds": .nullable(.number),
            "buckets": .array(
                .object(["lower_seconds": .number, "upper_seconds": .number, "count": .integer])),
        ], optional: ["exact": .boolean])

    /// - Parameter step: with the median and the 99th percentile.
    init(_ start: Int64, _ step: LatencyStep) {
        time = Timestamp.rfc3339(start)
        count = step.statistics.count
        errors = step.statistics.errors
        p50_seconds = step.statistics.quantiles.first.map { Double($0) / 1e9 }
        p99_seconds = step.statistics.quantiles.last.map { Double($0) / 1e9 }
        buckets = step.buckets.map { number, count in
            let bounds = HeatBucket.bounds(number)
            return Bucket(
                lower_seconds: Double(bounds.lower) / 1e9, upper_seconds: Double(bounds.upper) / 1e9, count: count)
        }
        exact = step.isExact ? nil : false
    }
}
