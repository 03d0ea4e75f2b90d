package import Engine
package import Pipeline

/// Latencies and errors of operations, requests and components, and the spans that they come from, at one moment.
package struct EngineMetrics {
    /// A series with its counts since the start.
    private struct Counted {
        let number: Int
        let text: SeriesText
        let totals: CumulativeTotals.Series
    }

    /// The spans of a series in the window.
    private struct InWindow {
        let text: SeriesText
        let quantiles: InlineArray<3, Int64>
        let errorRatio: Double
    }

    private let counts: SpanCounts
    private let operations: [Counted]
    private let requests: [Counted]
    private let selfTimes: [Counted]
    private let exemplars: (operations: Exemplars, requests: Exemplars)
    private let components: [(text: SeriesText, nanoseconds: Int128)]
    private let inWindow: [InWindow]

    private static let bounds = HistogramBounds(ClassicBuckets.shared.bounds.map { Double($0) / 1e9 })

    private static let shownQuantiles = ["0.5", "0.9", "0.99"]

    package init(_ pipeline: Pipeline) {
        // Read the components first, so that the summary contains all of their requests.
        let components = pipeline.componentTotals()
        self.init(summary: pipeline.summary(), components: components)
    }

    package init(summary: PipelineSummary, components totals: ComponentTotals) {
        counts = summary.counts
        let view = summary.view
        let operationTexts = zip(view.operations, summary.totals.operations).map { labels, totals in
            totals.count > 0 ? labels.text : nil
        }
        let requestTexts = zip(view.requests, summary.totals.requests).map { labels, totals in
            totals.count > 0 ? labels.text : nil
        }
        exemplars = view.exemplars()
        operations = Self.counted(operationTexts, summary.totals.operations)
        selfTimes = Self.counted(operationTexts, summary.totals.selfTimes).filter { $0.totals.count > 0 }
        requests = Self.counted(requestTexts, summary.totals.requests)
        components = totals.sums.enumerated().compactMap { part, sum in
            let (request, component) = part.quotientAndRemainder(dividingBy: ComponentTable.countMax)
            guard sum > 0, totals.isOf(request, in: view) else { return nil }
            let text = requestTexts[request] ?? view.requests[request].text
            return (text.adding("component", summary.componentNames[component]), sum)
        }
        inWindow = view.windowOnly.operationSummaries().map { row in
            InWindow(
                text: operationTexts[row.series] ?? row.labels.text, quantiles: [row.p50, row.p90, row.p99],
                errorRatio: Double(row.errors) / Double(row.count))
        }
    }

    private static func counted(_ texts: [SeriesText?], _ totals: [CumulativeTotals.Series]) -> [Counted] {
        zip(texts, totals).enumerated().compactMap { number, series in
            series.0.map { Counted(number: number, text: $0, totals: series.1) }
        }
    }

    package static let table = MetricTable<EngineMetrics>(joining: [series, SpanMetrics.table.read { $0.counts }])

    private static let series = MetricTable<EngineMetrics>([
        .family(
            "faultline_operation_duration_seconds", .histogram, unit: "seconds", labels: OperationLabels.names,
            help: "Duration of spans by operation."
        ) { metrics, exposition in
            writeHistograms(metrics.operations, &exposition) { metrics.exemplars.operations[$0, $1] }
        },
        .family(
            "faultline_operation_errors", .counter, labels: OperationLabels.names,
            help: "Failed spans by operation."
        ) { metrics, exposition in
            for series in metrics.operations { exposition.sample(Double(series.totals.errors), series.text) }
        },
        .family(
            "faultline_operation_self_duration_seconds", .histogram, unit: "seconds", labels: OperationLabels.names,
            help: "Duration of settled spans without their children, by operation."
        ) { writeHistograms($0.selfTimes, &$1) },
        .family(
            "faultline_request_duration_seconds", .histogram, unit: "seconds", labels: RequestLabels.names,
            help: "Duration of settled requests to the API server with their authentication, without long-running ones."
        ) { metrics, exposition in
            writeHistograms(metrics.requests, &exposition) { metrics.exemplars.requests[$0, $1] }
        },
        .family(
            "faultline_request_errors", .counter, labels: RequestLabels.names,
            help: "Failed requests to the API server, once they have settled."
        ) { metrics, exposition in
            for series in metrics.requests { exposition.sample(Double(series.totals.errors), series.text) }
        },
        .family(
            "faultline_request_component_seconds", .counter, unit: "seconds",
            labels: RequestLabels.names + ["component"],
            help: "Time of settled requests to the API server, by component."
        ) { metrics, exposition in
            for (text, nanoseconds) in metrics.components { exposition.sample(Double(nanoseconds) / 1e9, text) }
        },
        .family(
            "faultline_window_latency_seconds", .summary, unit: "seconds", labels: OperationLabels.names,
            help: "Exact nearest-rank quantiles of duration over the window."
        ) { metrics, exposition in
            for series in metrics.inWindow {
                for index in series.quantiles.indices {
                    exposition.quantile(shownQuantiles[index], Double(series.quantiles[index]) / 1e9, series.text)
                }
            }
        },
        .family(
            "faultline_window_error_ratio", .gauge, unit: "ratio", labels: OperationLabels.names,
            help: "Share of failed spans over the window."
        ) { metrics, exposition in
            for series in metrics.inWindow { exposition.sample(series.errorRatio, series.text) }
        },
    ])

    /// - Parameter exemplar: of a series and a bucket.
    private static func writeHistograms(
        _ series: [Counted], _ exposition: inout Exposition,
        exemplar: @escaping (Int, Int) -> Exemplar? = { _, _ in nil }
    ) {
        for series in series {
            let buckets = series.totals.buckets
            exposition.histogram(
                HistogramSample(
                    bounds: bounds, counts: buckets.indices.map { buckets[$0] }, sum: series.totals.sum / 1e9,
                    native: series.totals.native.isEmpty ? nil : series.totals.native,
                    exemplar: { exemplar(series.number, $0) }), series.text)
        }
    }
}

extension OperationLabels {
    fileprivate var text: SeriesText { SeriesText(cluster: cluster, Self.names, Self.names.map { self[$0] ?? "" }) }
}

extension RequestLabels {
    fileprivate var text: SeriesText { SeriesText(cluster: cluster, Self.names, Self.names.map { self[$0] ?? "" }) }
}
