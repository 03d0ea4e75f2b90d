import Engine
package import Pipeline

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
            exposition.sample(Double(window.unattributed.settled), ["settled"])
            exposition.sample(Double(window.unattributed.evicted), ["evicted"])
            exposition.sample(Double(window.unattributed.full), ["slot_full"])
        },
        .family(
            "faultline_spans_dropped", .counter, labels: ["reason"],
            help:
                "Accepted spans that left window and history early, by reason: they count in the totals but in no range. clock_set_back: they ended later than the time to which the clock was set back."
        ) { window, exposition in
            exposition.sample(Double(window.setBack), ["clock_set_back"])
        },
        .gauge("faultline_attribution_bytes", unit: "bytes", help: "Working memory of attribution.") {
            $0.attribution.bytes
        },
        .counter(
            "faultline_attribution_early_slots",
            help: "Slots attributed before all of their spans could arrive, because the window is too small."
        ) { $0.attribution.slotsEarly },
        .counter(
            "faultline_operations_overflowed_spans",
            help: "Spans whose operation exceeded the limit of names, counted as the operation _other."
        ) { $0.operations.overflowed },
        .counter(
            "faultline_requests_overflowed",
            help: "Requests to the API server whose labels exceeded the limit of names, counted under the verb _other."
        ) { $0.requests.overflowed },
        .counter(
            "faultline_sources_overflowed_spans",
            help: "Spans whose source exceeded the limit of names, counted as the source _other."
        ) { $0.sources.overflowed },
        .counter(
            "faultline_clusters_overflowed_spans",
            help: "Spans whose cluster exceeded the limit of clusters, counted as the cluster _other."
        ) { $0.clustersOverflowed },
        .family(
            "faultline_texts_overflowed", .counter, labels: ["of"],
            help:
                "Status messages and names of webhooks that were not kept, because too many ended within five seconds: no verdict mentions them."
        ) { window, exposition in
            exposition.sample(Double(window.overflowedTexts.messages), ["messages"])
            exposition.sample(Double(window.overflowedTexts.webhooks), ["webhooks"])
        },
        .family(
            "faultline_names_forgotten", .counter, labels: ["of"],
            help:
                "Names dropped to make room: operations and request labels without spans in the window or history, and sources without spans in the window."
        ) { window, exposition in
            exposition.sample(Double(window.operations.forgotten), ["operations"])
            exposition.sample(Double(window.requests.forgotten), ["requests"])
            exposition.sample(Double(window.sources.forgotten), ["sources"])
        },
    ])
}

/// Received spans by outcome.
enum SpanMetrics {
    static let table = MetricTable<SpanCounts>([
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
