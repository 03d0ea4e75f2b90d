package import Engine
package import Pipeline

/// Latencies and errors of operations, requests and components, and the spans that they are of, at one moment.
package struct EngineMetrics {
    private let counts: SpanCounts
    private let operations: [(labels: [String], totals: CumulativeTotals.Series)]
    private let requests: [(labels: [String], totals: CumulativeTotals.Series)]
    private let components: [(labels: [String], nanoseconds: Int128)]
    private let rows: [SeriesSummary<OperationLabels>]

    private static let bounds = ClassicBuckets.shared.bounds.map { Double($0) / 1e9 }

    package init(_ pipeline: Pipeline) {
        // Read the components first, so that the summary contains all of their requests.
        let components = pipeline.componentTotals()
        self.init(summary: pipeline.summary(), components: components)
    }

    package init(summary: PipelineSummary, components totals: ComponentTotals) {
        counts = summary.counts
        let view = summary.view
        operations = zip(view.operations, summary.totals.operations).filter { $1.count > 0 }
            .map { (labels: $0.values, totals: $1) }
        requests = zip(view.requests, summary.totals.requests).filter { $1.count > 0 }
            .map { (labels: $0.values, totals: $1) }
        components = totals.sums.enumerated().compactMap { part, sum -> (labels: [String], nanoseconds: Int128)? in
            let (request, component) = part.quotientAndRemainder(dividingBy: ComponentTable.countMax)
            guard sum > 0, totals.isOf(request, in: view) else { return nil }
            return (view.requests[request].values + [summary.componentNames[component]], sum)
        }
        rows = view.windowOnly.operationSummaries()
    }

    package static let table = MetricTable<EngineMetrics>(joining: [series, SpanMetrics.table.read { $0.counts }])

    private static let series = MetricTable<EngineMetrics>([
        .family(
            "faultline_operation_duration_seconds", .histogram, unit: "seconds", labels: OperationLabels.names,
            help: "Duration of spans by operation."
        ) { writeHistograms($0.operations, &$1) },
        .family(
            "faultline_operation_errors", .counter, labels: OperationLabels.names,
            help: "Failed spans by operation."
        ) { metrics, exposition in
            for (labels, totals) in metrics.operations { exposition.sample(Double(totals.errors), labels) }
        },
        .family(
            "faultline_request_duration_seconds", .histogram, unit: "seconds", labels: RequestLabels.names,
            help: "Duration of requests to the API server, without long-running ones."
        ) { writeHistograms($0.requests, &$1) },
        .family(
            "faultline_request_errors", .counter, labels: RequestLabels.names,
            help: "Failed requests to the API server."
        ) { metrics, exposition in
            for (labels, totals) in metrics.requests { exposition.sample(Double(totals.errors), labels) }
        },
        .family(
            "faultline_request_component_seconds", .counter, unit: "seconds",
            labels: RequestLabels.names + ["component"],
            help: "Time of settled requests to the API server, by component."
        ) { metrics, exposition in
            for (labels, nanoseconds) in metrics.components { exposition.sample(Double(nanoseconds) / 1e9, labels) }
        },
        .family(
            "faultline_window_latency_seconds", .summary, unit: "seconds", labels: OperationLabels.names,
            help: "Exact nearest-rank quantiles of duration over the window."
        ) { metrics, exposition in
            for row in metrics.rows {
                for (quantile, value) in [("0.5", row.p50), ("0.9", row.p90), ("0.99", row.p99)] {
                    exposition.quantile(quantile, Double(value) / 1e9, row.labels.values)
                }
            }
        },
        .family(
            "faultline_window_error_ratio", .gauge, unit: "ratio", labels: OperationLabels.names,
            help: "Share of failed spans over the window."
        ) { metrics, exposition in
            for row in metrics.rows {
                exposition.sample(Double(row.errors) / Double(row.count), row.labels.values)
            }
        },
    ])

    private static func writeHistograms(
        _ series: [(labels: [String], totals: CumulativeTotals.Series)], _ exposition: inout Exposition
    ) {
        for (labels, totals) in series {
            exposition.histogram(
                bounds: bounds, counts: totals.buckets.indices.map { totals.buckets[$0] }, sum: totals.sum / 1e9,
                labels)
        }
    }
}

extension OperationLabels {
    fileprivate var values: [String] { Self.names.map { self[$0] ?? "" } }
}

extension RequestLabels {
    fileprivate var values: [String] { Self.names.map { self[$0] ?? "" } }
}
