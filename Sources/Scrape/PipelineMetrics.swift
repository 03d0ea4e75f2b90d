import Engine
package import Pipeline

/// What became of the spans that were received.
package enum SpanMetrics {
    package static let table = MetricTable<SpanCounts>([
        .counter("faultline_spans_received", help: "Spans in well-formed export requests.") { $0.received },
        .counter("faultline_spans_accepted", help: "Spans counted.") { $0.accepted },
        .family(
            "faultline_spans_rejected", .counter, labels: ["reason"], help: "Spans not acceptable, by reason."
        ) { counts, exposition in
            for reason in RejectionReason.allCases {
                exposition.sample(Double(counts.rejections[reason]), [reason.rawValue])
            }
        },
        .counter("faultline_spans_late", help: "Spans accepted after the time of their end was evaluated.") {
            $0.late
        },
        .counter("faultline_spans_duplicates", help: "Spans that had come before.") { $0.duplicates },
    ])
}

/// What the window, its history and attribution hold, and what had no place there.
package enum WindowMetrics {
    package static let table = MetricTable<WindowGauges>([
        .gauge("faultline_window_spans", help: "Spans in the window.") { $0.spans },
        .gauge("faultline_window_bytes", unit: "bytes", help: "Memory of the window's columns.") { $0.bytes },
        .optional(
            "faultline_window_oldest_timestamp_seconds", .gauge, unit: "seconds",
            help: "How far back the window reaches, Unix time.", if: "the window has a span"
        ) { $0.oldest.map { Double($0) / 1e9 } },
        .gauge("faultline_history_bytes", unit: "bytes", help: "Memory of the history beyond the window.") {
            $0.historyBytes
        },
        .optional(
            "faultline_history_oldest_timestamp_seconds", .gauge, unit: "seconds",
            help: "How far back the history reaches, Unix time.", if: "a span has left the window"
        ) { $0.historyOldest.map { Double($0) / 1e9 } },
        .family(
            "faultline_spans_unattributed", .counter, labels: ["reason"],
            help: "Spans that attribution could not take into account, by reason."
        ) { window, exposition in
            exposition.sample(Double(window.unattributed.late), ["late"])
            exposition.sample(Double(window.unattributed.evicted), ["evicted"])
            exposition.sample(Double(window.unattributed.full), ["slot_full"])
        },
        .gauge("faultline_attribution_bytes", unit: "bytes", help: "Memory of the indexes of spans by trace.") {
            $0.attributionBytes
        },
        .counter(
            "faultline_operations_overflowed_spans",
            help: "Spans of operations that had no place, counted in the operation _other."
        ) { $0.operations.overflowed },
        .counter(
            "faultline_requests_overflowed",
            help: "Requests to the API server whose labels had no place, counted under the verb _other."
        ) { $0.requests.overflowed },
        .family(
            "faultline_names_forgotten", .counter, labels: ["of"],
            help:
                "Operations and request labels that were forgotten, since neither window nor history had any span of them."
        ) { window, exposition in
            exposition.sample(Double(window.operations.forgotten), ["operations"])
            exposition.sample(Double(window.requests.forgotten), ["requests"])
        },
    ])
}
