import Engine
import Scrape
import Notify
import Pipeline
import Receivers
import Recording
import Rules

/// All that `GET /metrics` says.
struct Scrape: Sendable {
    let pipeline: Pipeline
    let intake: LiveIntake
    let admission: Admission
    let budget: MemoryBudget
    let connections: [(transport: Transport, open: OpenConnections)]
    let delivery: Delivery
    let evaluations: EvaluationDurations
    let reload: RuleReload
    /// nil where nothing is recorded.
    let recorder: ArchiveRecorder?
    /// nil where nothing is kept.
    let state: StateDirectory?
    let clock: ClockHealth

    /// Writes everything, part by part: see `Exposition`.
    func write(_ format: Exposition.Format, send: @escaping ([UInt8]) -> Bool) {
        // First the components: their requests are in any later view.
        let components = pipeline.componentTotals()
        let summary = pipeline.summary()
        var exposition = Exposition(format, send: send)
        EngineMetrics(summary: summary, components: components).write(to: &exposition)
        writeSpans(summary.counts, &exposition)
        writeIntake(&exposition)
        writeWindow(pipeline.windowGauges(), &exposition)
        writeAlerts(&exposition)
        ClockMetrics(counts: clock.current).write(to: &exposition)
        if let recorder { RecordingMetrics(recorder: recorder).write(to: &exposition) }
        exposition.family("faultline_build_info", .gauge, help: "Always 1; the version is a label.")
        exposition.gauge(1, [("version", Version.current)])
        ProcessMetrics().write(to: &exposition)
        exposition.finish()
    }

    private func writeSpans(_ counts: SpanCounts, _ exposition: inout Exposition) {
        exposition.family("faultline_spans_received", .counter, help: "Spans in well-formed export requests.")
        exposition.counter(Double(counts.received))
        exposition.family("faultline_spans_accepted", .counter, help: "Spans counted.")
        exposition.counter(Double(counts.accepted))
        exposition.family("faultline_spans_rejected", .counter, help: "Spans not acceptable, by reason.")
        for reason in RejectionReason.allCases {
            exposition.counter(Double(counts.rejections[reason]), [("reason", reason.rawValue)])
        }
        exposition.family(
            "faultline_spans_late", .counter, help: "Spans accepted after the time of their end was evaluated.")
        exposition.counter(Double(counts.late))
        exposition.family("faultline_spans_duplicates", .counter, help: "Spans that had come before.")
        exposition.counter(Double(counts.duplicates))
    }

    private func writeIntake(_ exposition: inout Exposition) {
        exposition.family(
            "faultline_requests_refused", .counter, help: "Requests or connections refused, by reason.")
        let refusals = intake.refusals
        for transport in Transport.allCases {
            for reason in RefusalReason.allCases {
                let count = refusals[LiveIntake.Refusal(transport: transport, reason: reason)] ?? 0
                exposition.counter(
                    Double(count), [("transport", transport.rawValue), ("reason", reason.rawValue)])
            }
        }
        exposition.family(
            "faultline_ingest_inflight_bytes", .gauge, unit: "bytes",
            help: "Bytes of export requests on their way in, and of what they are decoded to.")
        exposition.gauge(Double(admission.bytesInFlight))
        exposition.family("faultline_connections", .gauge, help: "Open connections.")
        for (transport, open) in connections {
            exposition.gauge(Double(open.count), [("transport", transport.rawValue)])
        }
        exposition.family("faultline_connections_limit", .gauge, help: "Connections that may be open.")
        for (transport, open) in connections {
            exposition.gauge(Double(open.limit), [("transport", transport.rawValue)])
        }
    }

    private func writeWindow(_ window: WindowGauges, _ exposition: inout Exposition) {
        exposition.family("faultline_window_spans", .gauge, help: "Spans in the window.")
        exposition.gauge(Double(window.spans))
        exposition.family("faultline_window_bytes", .gauge, unit: "bytes", help: "Memory of the window's columns.")
        exposition.gauge(Double(window.bytes))
        if let oldest = window.oldest {
            exposition.family(
                "faultline_window_oldest_timestamp_seconds", .gauge, unit: "seconds",
                help: "How far back the window reaches, Unix time.")
            exposition.gauge(Double(oldest) / 1e9)
        }
        exposition.family(
            "faultline_history_bytes", .gauge, unit: "bytes", help: "Memory of the history beyond the window.")
        exposition.gauge(Double(window.historyBytes))
        if let oldest = window.historyOldest {
            exposition.family(
                "faultline_history_oldest_timestamp_seconds", .gauge, unit: "seconds",
                help: "How far back the history reaches, Unix time.")
            exposition.gauge(Double(oldest) / 1e9)
        }
        exposition.family(
            "faultline_spans_unattributed", .counter,
            help: "Spans that attribution could not take into account, by reason.")
        exposition.counter(Double(window.unattributed.late), [("reason", "late")])
        exposition.counter(Double(window.unattributed.evicted), [("reason", "evicted")])
        exposition.counter(Double(window.unattributed.full), [("reason", "slot_full")])
        exposition.family(
            "faultline_attribution_bytes", .gauge, unit: "bytes", help: "Memory of the indexes of spans by trace.")
        exposition.gauge(Double(window.attributionBytes))
        writeNames(window, &exposition)
        MemoryMetrics(
            budget: budget, window: window, counts: pipeline.countBytes(), inFlight: admission.bytesInFlight,
            archive: recorder?.queueBytes ?? 0
        ).write(to: &exposition)
    }

    private func writeNames(_ window: WindowGauges, _ exposition: inout Exposition) {
        exposition.family(
            "faultline_operations_overflowed_spans", .counter,
            help: "Spans of operations that had no place, counted in the operation _other.")
        exposition.counter(Double(window.operations.overflowed))
        exposition.family(
            "faultline_requests_overflowed", .counter,
            help: "Requests to the API server whose labels had no place, counted under the verb _other.")
        exposition.counter(Double(window.requests.overflowed))
        exposition.family(
            "faultline_names_forgotten", .counter,
            help:
                "Operations and request labels that were forgotten, since neither window nor history had any span of them."
        )
        exposition.counter(Double(window.operations.forgotten), [("of", "operations")])
        exposition.counter(Double(window.requests.forgotten), [("of", "requests")])
    }

    private func writeAlerts(_ exposition: inout Exposition) {
        let (alerts, groups, refused) = pipeline.withRules { ($0.activeAlerts, $0.definitions, $0.refusedAlerts) }
        exposition.family("faultline_alerts", .gauge, help: "Alerts by rule and state.")
        for name in Set(groups.flatMap { $0.rules.map(\.alert) }).sorted() {
            for state in [AlertState.pending, .firing] {
                let count = alerts.count { $0.name == name && $0.state == state }
                exposition.gauge(Double(count), [("alert", name), ("state", state.rawValue)])
            }
        }
        exposition.family(
            "faultline_alerts_refused", .counter, help: "Alerts that were left out since their rule was at its limit.")
        exposition.counter(Double(refused))
        let durations = evaluations.current
        exposition.family(
            "faultline_rule_evaluation_duration_seconds", .histogram, unit: "seconds",
            help: "Time taken to evaluate the rules that were due.")
        exposition.histogram(bounds: EvaluationDurations.bounds, counts: durations.buckets, sum: durations.sum)
        exposition.family("faultline_notifications", .counter, help: "Alerts brought to sinks, by outcome.")
        for row in delivery.notifications {
            exposition.counter(Double(row.count), [("sink", row.sink), ("outcome", row.outcome.rawValue)])
        }
        exposition.family(
            "faultline_notifications_queue_length", .gauge, help: "Alerts that wait to be brought to a sink.")
        for (sink, count) in delivery.waiting { exposition.gauge(Double(count), [("sink", sink)]) }
        if let state {
            exposition.family(
                "faultline_state_failed", .gauge, help: "Whether alerts could not be written to disk the last time.")
            exposition.gauge(state.hasFailed ? 1 : 0)
        }
        exposition.family(
            "faultline_config_last_reload_successful", .gauge, help: "Whether the last reload of the rules succeeded.")
        exposition.gauge(reload.lastSucceeded ? 1 : 0)
    }
}
