package import Engine
package import Pipeline

/// Latencies and errors of operations, requests and components.
package struct EngineMetrics {
    private let operations: [(labels: [String], totals: CumulativeTotals.Series)]
    private let requests: [(labels: [String], totals: CumulativeTotals.Series)]
    private let components: [(labels: [String], nanoseconds: Int128)]
    private let rows: [SeriesSummary<OperationLabels>]

    private static let bounds = ClassicBuckets.shared.bounds.map { Double($0) / 1e9 }

    package init(summary: PipelineSummary, components totals: ComponentTotals) {
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

    package static let table = MetricTable<EngineMetrics>([
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

/// Received spans by outcome.
package enum SpanMetrics {
    package static let table = MetricTable<SpanCounts>([
        .counter("faultline_spans_received", help: "Spans in well-formed export requests.") { $0.received },
        .counter("faultline_spans_accepted", help: "Spans accepted.") { $0.accepted },
        .family(
            "faultline_spans_rejected", .counter, labels: ["reason"], help: "Spans rejected, by reason."
        ) { counts, exposition in
            for reason in RejectionReason.allCases {
                exposition.sample(Double(counts.rejections[reason]), [reason.rawValue])
            }
        },
        .counter("faultline_spans_late", help: "Spans accepted after the time of their end was evaluated.") {
            $0.late
        },
        .counter("faultline_spans_duplicates", help: "Spans whose ids were already in the window.") { $0.duplicates },
    ])
}

/// Contents of the window, the history and attribution, and what didn't fit.
package enum WindowMetrics {
    package static let table = MetricTable<WindowGauges>([
        .gauge("faultline_window_spans", help: "Spans in the window.") { $0.spans },
        .gauge("faultline_window_bytes", unit: "bytes", help: "Memory of the window's columns.") { $0.bytes },
        .optional(
            "faultline_window_oldest_timestamp_seconds", .gauge, unit: "seconds",
            help: "Start of the window, Unix time.", if: "the window has a span"
        ) { $0.oldest.map { Double($0) / 1e9 } },
        .gauge("faultline_history_bytes", unit: "bytes", help: "Memory of the history.") {
            $0.historyBytes
        },
        .optional(
            "faultline_history_oldest_timestamp_seconds", .gauge, unit: "seconds",
            help: "Start of the history, Unix time.", if: "a span has left the window"
        ) { $0.historyOldest.map { Double($0) / 1e9 } },
        .family(
            "faultline_spans_unattributed", .counter, labels: ["reason"],
            help: "Spans left out of attribution, by reason."
        ) { window, exposition in
            exposition.sample(Double(window.unattributed.late), ["late"])
            exposition.sample(Double(window.unattributed.evicted), ["evicted"])
            exposition.sample(Double(window.unattributed.full), ["slot_full"])
        },
        .gauge("faultline_attribution_bytes", unit: "bytes", help: "Working memory of attribution.") {
            $0.attributionBytes
        },
        .counter(
            "faultline_operations_overflowed_spans",
            help: "Spans of operations without a place, counted in the operation _other."
        ) { $0.operations.overflowed },
        .counter(
            "faultline_requests_overflowed",
            help: "Requests to the API server with labels without a place, counted under the verb _other."
        ) { $0.requests.overflowed },
        .family(
            "faultline_names_forgotten", .counter, labels: ["of"],
            help:
                "Operations and request labels forgotten, because neither window nor history had spans of them."
        ) { window, exposition in
            exposition.sample(Double(window.operations.forgotten), ["operations"])
            exposition.sample(Double(window.requests.forgotten), ["requests"])
        },
    ])
}
