import Engine
import Pipeline

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
