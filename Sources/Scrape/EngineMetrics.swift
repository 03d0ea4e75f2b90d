package import Engine
package import Pipeline

/// Latencies and errors of operations, requests and components, and the spans that they come from, at one moment.
package struct EngineMetrics {
    private let counts: SpanCounts
    /// Counts since the start.
    private let totals: CumulativeTotals
    /// The labels of series by number; nil for those that a scrape leaves out.
    private let operations: [SeriesText?]
    private let requests: [SeriesText?]
    /// nil if nobody reads them.
    private let exemplars: (operations: Exemplars, requests: Exemplars)?
    private let components: [(text: SeriesText, nanoseconds: Int128)]
    /// The spans in the window by operation.
    private let inWindow: [LatencyStatistics]

    private static let bounds = HistogramBounds(ClassicBuckets.shared.bounds.map { Double($0) / 1e9 })

    private static let shownQuantiles = [0.5, 0.9, 0.99]
    private static let quantileTexts = shownQuantiles.map { "\($0)" }

    /// - Parameter hasExemplars: whether the format of the scrape shows any.
    package init(_ pipeline: Pipeline, hasExemplars: Bool) {
        // Read the components first, so that the summary contains all of their requests.
        let components = pipeline.componentTotals()
        self.init(summary: pipeline.summary(), components: components, hasExemplars: hasExemplars)
    }

    package init(summary: PipelineSummary, components sums: ComponentTotals, hasExemplars: Bool) {
        counts = summary.counts
        let (view, totals) = (summary.view, summary.totals)
        let inWindow = view.statisticsInWindow(quantiles: Self.shownQuantiles)
        operations = view.operations.indices.map { number in
            let isSeen = number < totals.operations.count && totals.operations[number].count > 0
            return isSeen || inWindow[number].count > 0 ? view.operations[number].text : nil
        }
        let requests = zip(view.requests, totals.requests).map { $1.count > 0 ? $0.text : nil }
        exemplars = hasExemplars ? view.exemplars() : nil
        components = sums.sums.enumerated().compactMap { part, sum in
            let (request, component) = part.quotientAndRemainder(dividingBy: ComponentTable.countMax)
            guard sum > 0, sums.isOf(request, in: view) else { return nil }
            let text = requests[request] ?? view.requests[request].text
            return (text.adding("component", summary.componentNames[component]), sum)
        }
        self.requests = requests
        self.inWindow = inWindow
        self.totals = totals
    }

    package static let table = MetricTable<EngineMetrics>(joining: [series, SpanMetrics.table.read { $0.counts }])

    private static let series = MetricTable<EngineMetrics>([
        .family(
            "faultline_operation_duration_seconds", .histogram, unit: "seconds", labels: OperationLabels.names,
            help: "Duration of spans by operation."
        ) { metrics, exposition in
            writeHistograms(metrics.totals.operations, metrics.operations, metrics.exemplars?.operations, &exposition)
        },
        .family(
            "faultline_operation_errors", .counter, labels: OperationLabels.names,
            help: "Failed spans by operation."
        ) { writeErrors($0.totals.operations, $0.operations, &$1) },
        .family(
            "faultline_operation_self_duration_seconds", .histogram, unit: "seconds", labels: OperationLabels.names,
            help: "Duration of settled spans without their children, by operation."
        ) { writeHistograms($0.totals.selfTimes, $0.operations, nil, &$1) },
        .family(
            "faultline_request_duration_seconds", .histogram, unit: "seconds", labels: RequestLabels.names,
            help: "Duration of settled requests to the API server with their authentication, without long-running ones."
        ) { metrics, exposition in
            writeHistograms(metrics.totals.requests, metrics.requests, metrics.exemplars?.requests, &exposition)
        },
        .family(
            "faultline_request_errors", .counter, labels: RequestLabels.names,
            help: "Failed requests to the API server, once they have settled."
        ) { writeErrors($0.totals.requests, $0.requests, &$1) },
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
            metrics.forEachInWindow { statistics, text in
                for (quantile, value) in zip(quantileTexts, statistics.quantiles) {
                    exposition.quantile(quantile, Double(value) / 1e9, text)
                }
            }
        },
        .family(
            "faultline_window_error_ratio", .gauge, unit: "ratio", labels: OperationLabels.names,
            help: "Share of failed spans over the window."
        ) { metrics, exposition in
            metrics.forEachInWindow { exposition.sample(Double($0.errors) / Double($0.count), $1) }
        },
    ])

    private func forEachInWindow(_ body: (LatencyStatistics, SeriesText) -> Void) {
        for number in inWindow.indices where inWindow[number].count > 0 {
            if let text = operations[number] { body(inWindow[number], text) }
        }
    }

    private static func writeErrors(
        _ series: [CumulativeTotals.Series], _ texts: [SeriesText?], _ exposition: inout Exposition
    ) {
        let series = series.span
        for number in 0..<min(series.count, texts.count) where series[number].count > 0 {
            if let text = texts[number] { exposition.sample(Double(series[number].errors), text) }
        }
    }

    /// Reads series where they are: a copy would take hold of what each refers to.
    private static func writeHistograms(
        _ series: [CumulativeTotals.Series], _ texts: [SeriesText?], _ exemplars: Exemplars?,
        _ exposition: inout Exposition
    ) {
        var sample = HistogramSample(bounds)
        sample.exemplars = exemplars
        let series = series.span
        for number in 0..<min(series.count, texts.count) where series[number].count > 0 {
            guard let text = texts[number] else { continue }
            for bucket in sample.counts.indices { sample.counts[bucket] = series[number].buckets[bucket] }
            sample.sum = series[number].sum / 1e9
            sample.native = series[number].native
            sample.series = number
            exposition.histogram(sample, text)
        }
    }
}

extension OperationLabels {
    fileprivate var text: SeriesText {
        SeriesText(cluster: cluster, [("service", service), ("operation", operation), ("kind", kind.name)])
    }
}

extension RequestLabels {
    fileprivate var text: SeriesText { SeriesText(cluster: cluster, Self.names.map { ($0, self[$0] ?? "") }) }
}
