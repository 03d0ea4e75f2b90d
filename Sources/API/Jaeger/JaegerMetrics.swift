import Archive
import Engine
import Pipeline
import Support

/// Jaeger's service performance metrics, over the window.
struct JaegerMetrics: Encodable {
    struct Label: Encodable {
        var name: String
        var value: String
    }

    struct Value: Encodable {
        var doubleValue: Double
    }

    struct Point: Encodable {
        var gaugeValue: Value
        var timestamp: String
    }

    struct Metric: Encodable {
        var labels: [Label]
        var metricPoints: [Point]
    }

    var name: String
    let type = "GAUGE"
    var help: String
    var metrics: [Metric]

    enum Kind: String {
        case latencies, calls, errors

        var name: String {
            switch self {
            case .latencies: "latencies"
            case .calls: "call_rate"
            case .errors: "error_rate"
            }
        }

        var help: String {
            switch self {
            case .latencies: "quantile latency in milliseconds, grouped by service"
            case .calls: "calls per second, grouped by service"
            case .errors: "share of calls that failed, grouped by service"
            }
        }
    }

    /// What a client asks for. Times in nanoseconds.
    private struct Question {
        var services: [String]
        var isByOperation: Bool
        var kinds: [String]
        var quantile: Double
        var range: Range<Int64>
        var step: Int64
        /// The range of each point: Jaeger's `ratePer`.
        var per: Int64
    }

    /// The shortest step, in milliseconds.
    static let stepMin: Int64 = 1
    /// The maximum number of steps of a metric, each of which is measured exactly.
    private static let stepsMax: Int64 = 1_000

    init(_ kind: Kind, _ query: JaegerQuery, _ surface: QueryServer.Surface) throws {
        let view = surface.pipeline.view()
        let question = try Self.question(query, newest: view.ends?.upperBound ?? 0, needsQuantile: kind == .latencies)
        name = "service_\(question.isByOperation ? "operation_" : "")\(kind.name)"
        help = kind.help + (question.isByOperation ? " and operation" : "")
        let groups = Self.groups(question, view)
        var points = [[Point]](repeating: [], count: groups.labels.count)
        let selection = Selection(
            groupOfSeries: groups.groupOfSeries, groupCount: groups.labels.count, quantiles: [question.quantile])
        var time = question.range.lowerBound
        while time <= question.range.upperBound {
            let from = time.subtractingSaturating(question.per)
            let measured = view.measure(.spans, from: from, to: time, [selection])[0]
            for (group, statistics) in measured.enumerated() where statistics.count > 0 {
                let value = Self.value(kind, statistics, seconds: Double(question.per) / 1e9)
                points[group].append(
                    Point(gaugeValue: Value(doubleValue: value), timestamp: Timestamp.rfc3339(time)))
            }
            time = time.addingSaturating(question.step)
        }
        metrics = zip(groups.labels, points).filter { !$0.1.isEmpty }.map { Metric(labels: $0, metricPoints: $1) }
    }

    private static func value(_ kind: Kind, _ statistics: LatencyStatistics, seconds: Double) -> Double {
        switch kind {
        case .latencies: Double(statistics.quantiles[0]) / 1e6
        case .calls: Double(statistics.count) / seconds
        case .errors: Double(statistics.errors) / Double(statistics.count)
        }
    }

    private static func groups(
        _ question: Question, _ view: WindowView
    ) -> (labels: [[Label]], groupOfSeries: [Int32]) {
        var indices: [String: Int32] = [:]
        var labels: [[Label]] = []
        let groups = view.operations.map { operation -> Int32 in
            guard question.services.contains(operation.service),
                question.kinds.contains(operation.kind.name.lowercased())
            else { return -1 }
            let key = operation.service + (question.isByOperation ? "\0" + operation.operation : "")
            if let known = indices[key] { return known }
            indices[key] = Int32(labels.count)
            let service = [Label(name: "service_name", value: operation.service)]
            let name = question.isByOperation ? [Label(name: "operation", value: operation.operation)] : []
            labels.append(service + name)
            return Int32(labels.count - 1)
        }
        return (labels, groups)
    }

    private static func question(
        _ query: JaegerQuery, newest: Int64, needsQuantile: Bool
    ) throws(JaegerError) -> Question {
        let services = query.all("service").filter { !$0.isEmpty }
        guard !services.isEmpty else { throw .badRequest("the parameter service is missing: the name of a service") }
        var quantile = 0.95
        if needsQuantile {
            guard let text = query["quantile"], let value = Double(text), value > 0, value <= 1 else {
                throw .badRequest("the parameter quantile must be a number above 0, at most 1, such as 0.95")
            }
            quantile = value
        }
        let milliseconds: ClosedRange<Int64> = stepMin...(Int64.max / 4_000_000)
        let end = try query.number("endTs", in: milliseconds).map { $0 * 1_000_000 } ?? newest
        let lookback = try query.number("lookback", in: milliseconds).map { $0 * 1_000_000 } ?? 3_600_000_000_000
        let step = try query.number("step", in: milliseconds).map { $0 * 1_000_000 } ?? 5_000_000_000
        let per = try query.number("ratePer", in: milliseconds).map { $0 * 1_000_000 } ?? 600_000_000_000
        guard lookback / step < stepsMax else {
            throw .badRequest("lookback over step gives more than \(stepsMax) points; choose a larger step")
        }
        let kinds = query.all("spanKind").map { $0.lowercased().trimmingPrefix("span_kind_") }.map(String.init)
        return Question(
            services: services, isByOperation: query["groupByOperation"] == "true",
            kinds: kinds.isEmpty ? ["server"] : kinds, quantile: quantile,
            range: end.subtractingSaturating(lookback)..<end, step: step, per: per)
    }
}
