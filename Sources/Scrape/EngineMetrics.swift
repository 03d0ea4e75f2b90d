package import Engine
package import Pipeline

/// The families that users came for: how slow, how often failing.
package struct EngineMetrics {
    private let summary: PipelineSummary
    private let components: ComponentTotals

    private static let bounds = ClassicBuckets.shared.bounds.map { Double($0) / 1e9 }

    package init(summary: PipelineSummary, components: ComponentTotals) {
        self.summary = summary
        self.components = components
    }

    package func write(to exposition: inout Exposition) {
        let operations = Array(zip(summary.view.operations.map { $0.scrapeLabels }, summary.totals.operations))
        histograms(
            "faultline_operation_duration_seconds", "Duration of spans by operation.", operations, &exposition)
        exposition.family("faultline_operation_errors", .counter, help: "Failed spans by operation.")
        for (labels, totals) in operations where totals.count > 0 {
            exposition.counter(Double(totals.errors), labels)
        }
        let requests = Array(zip(summary.view.requests.map { $0.scrapeLabels }, summary.totals.requests))
        histograms(
            "faultline_request_duration_seconds",
            "Duration of requests to the API server, long-running ones apart.", requests, &exposition)
        exposition.family("faultline_request_errors", .counter, help: "Failed requests to the API server.")
        for (labels, totals) in requests where totals.count > 0 {
            exposition.counter(Double(totals.errors), labels)
        }
        writeComponents(&exposition)
        writeWindow(&exposition)
    }

    private func writeComponents(_ exposition: inout Exposition) {
        exposition.family(
            "faultline_request_component_seconds", .counter, unit: "seconds",
            help: "Time of requests to the API server that each component took, of those that have settled.")
        for (part, sum) in components.sums.enumerated() where sum > 0 {
            let (request, component) = part.quotientAndRemainder(dividingBy: ComponentTable.countMax)
            guard components.isOf(request, in: summary.view) else { continue }
            exposition.counter(
                Double(sum) / 1e9,
                summary.view.requests[request].scrapeLabels + [("component", summary.componentNames[component])])
        }
    }

    private func histograms(
        _ name: String, _ help: String, _ series: [(Exposition.Labels, CumulativeTotals.Series)],
        _ exposition: inout Exposition
    ) {
        exposition.family(name, .histogram, unit: "seconds", help: help)
        for (labels, totals) in series where totals.count > 0 {
            exposition.histogram(
                bounds: Self.bounds, counts: totals.buckets.indices.map { totals.buckets[$0] },
                sum: totals.sum / 1e9, labels)
        }
    }

    private func writeWindow(_ exposition: inout Exposition) {
        let rows = summary.view.windowOnly.operationSummaries()
        exposition.family(
            "faultline_window_latency_seconds", .summary, unit: "seconds",
            help: "Exact nearest-rank quantiles of duration over the window.")
        for row in rows {
            for (quantile, value) in [("0.5", row.p50), ("0.9", row.p90), ("0.99", row.p99)] {
                exposition.quantile(quantile, Double(value) / 1e9, row.labels.scrapeLabels)
            }
        }
        exposition.family(
            "faultline_window_error_ratio", .gauge, unit: "ratio", help: "Share of failed spans over the window.")
        for row in rows {
            exposition.gauge(Double(row.errors) / Double(row.count), row.labels.scrapeLabels)
        }
    }
}

extension OperationLabels {
    fileprivate var scrapeLabels: Exposition.Labels {
        Self.names.map { ($0, self[$0] ?? "") }
    }
}

extension RequestLabels {
    fileprivate var scrapeLabels: Exposition.Labels {
        Self.names.map { ($0, self[$0] ?? "") }
    }
}
