import Notify
import Pipeline
import Receivers
import Rules
import Scrape

/// Metrics of connections and incoming requests.
struct IntakeMetrics: Sendable {
    let intake: LiveTraceService
    let admission: Admission
    let connections: ListenerConnections

    static let table = MetricTable<IntakeMetrics>([
        .family(
            "faultline_requests_refused", .counter, labels: ["transport", "reason"],
            help: "Requests or connections refused, by reason."
        ) { metrics, exposition in
            let refusals = metrics.intake.refusals
            for transport in Transport.allCases {
                for reason in RefusalReason.allCases {
                    let count = refusals[LiveTraceService.Refusal(transport: transport, reason: reason)] ?? 0
                    exposition.sample(Double(count), [transport.rawValue, reason.rawValue])
                }
            }
        },
        .gauge(
            "faultline_ingest_inflight_bytes", unit: "bytes",
            help: "Bytes of export requests in flight, and of what they are decoded to."
        ) { $0.admission.bytesInFlight },
        .family(
            "faultline_connections", .gauge, labels: ["transport"], help: "Open connections."
        ) { metrics, exposition in
            for transport in Transport.allCases {
                exposition.sample(Double(metrics.connections[transport].count), [transport.rawValue])
            }
        },
        .family(
            "faultline_connections_limit", .gauge, labels: ["transport"], help: "Limit of open connections."
        ) { metrics, exposition in
            for transport in Transport.allCases {
                exposition.sample(Double(metrics.connections[transport].limit), [transport.rawValue])
            }
        },
    ])
}

/// Metrics of memory limits and use.
struct MemoryMetrics: Sendable {
    let budget: MemoryBudget
    let window: WindowGauges
    /// Bytes of the rules' sliding counts.
    let counts: Int
    let inFlight: Int
    let archive: Int

    static let table = MetricTable<MemoryMetrics>([
        .gauge("faultline_memory_limit_bytes", unit: "bytes", help: "Memory limit of the whole process.") {
            $0.budget.limit
        },
        .family(
            "faultline_memory_part_limit_bytes", .gauge, unit: "bytes", labels: ["part"],
            help: "Memory limit of each part."
        ) { memory, exposition in
            for part in MemoryBudget.Part.allCases {
                exposition.sample(Double(memory.budget[part]), [part.rawValue])
            }
        },
        .family(
            "faultline_memory_bytes", .gauge, unit: "bytes", labels: ["part"],
            help: "Memory taken by each part; the window's includes evicted spans that readers still hold."
        ) { memory, exposition in
            for (part, bytes) in memory.taken { exposition.sample(Double(bytes), [part.rawValue]) }
        },
    ])

    private var taken: [(MemoryBudget.Part, Int)] {
        [
            (.window, window.bytes + window.bytesHeld), (.history, window.historyBytes),
            (.attribution, window.attributionBytes), (.rules, counts), (.ingest, inFlight), (.archive, archive),
        ]
    }
}

/// Metrics of rules and their alerts.
struct AlertMetrics: Sendable {
    let rules: EvaluationSnapshot
    let durations: EvaluationDurations.Counts

    static let table = MetricTable<AlertMetrics>([
        .family("faultline_alerts", .gauge, labels: ["alertname", "alertstate"], help: "Alerts by rule and state.") {
            metrics, exposition in
            let (alerts, groups) = (metrics.rules.alerts, metrics.rules.groups)
            for name in Set(groups.flatMap { $0.definition.rules.map(\.alert) }).sorted() {
                for state in [AlertState.pending, .firing] {
                    let count = alerts.count { $0.name == name && $0.state == state }
                    exposition.sample(Double(count), [name, state.rawValue])
                }
            }
        },
        .counter("faultline_alerts_refused", help: "Alerts left out because their rule was at its limit.") {
            $0.rules.refusedAlerts
        },
        .family(
            "faultline_rule_evaluation_duration_seconds", .histogram, unit: "seconds",
            help: "Time taken to evaluate the rules that were due."
        ) { metrics, exposition in
            exposition.histogram(
                bounds: EvaluationDurations.bounds, counts: metrics.durations.buckets, sum: metrics.durations.sum)
        },
    ])
}

/// Metrics of delivery, the state directory and reloads.
enum DeliveryMetrics {
    static let table = MetricTable<Delivery>([
        .family(
            "faultline_notifications", .counter, labels: ["sink", "outcome"],
            help: "Alerts sent to sinks, by outcome."
        ) { delivery, exposition in
            for row in delivery.notifications {
                exposition.sample(Double(row.count), [row.sink, row.outcome.rawValue])
            }
        },
        .family(
            "faultline_notifications_queue_length", .gauge, labels: ["sink"],
            help: "Alerts waiting for a sink."
        ) { delivery, exposition in
            for (sink, count) in delivery.waiting { exposition.sample(Double(count), [sink]) }
        },
    ])

    static let state = MetricTable<StateDirectory>([
        .flag("faultline_state_failed", help: "Whether the last write of alerts to disk failed.") {
            $0.hasFailed
        }
    ]).present(if: "`state.directory` is set")

    static let reload = MetricTable<RuleReload>([
        .flag(
            "faultline_config_last_reload_successful", help: "Whether the last reload of the rules succeeded."
        ) { $0.lastSucceeded }
    ])
}

/// Metrics of the clock by which rules are evaluated.
enum ClockMetrics {
    static let table = MetricTable<ClockHealth.Counts>([
        .family(
            "faultline_clock_jumps", .counter, labels: ["direction"],
            help: "Times the wall clock was set by a second or more, by direction."
        ) { counts, exposition in
            exposition.sample(Double(counts.ahead), ["ahead"])
            exposition.sample(Double(counts.back), ["back"])
        },
        .family(
            "faultline_clock_jump_seconds", .gauge, unit: "seconds",
            help: "Last step of the wall clock; negative if it was set back, 0 if it was never set."
        ) { $1.sample($0.lastStep) },
        .counter(
            "faultline_evaluation_stalls",
            help: "Times the process was stopped for 30 s or longer; rules are not evaluated for that time."
        ) { $0.stalls },
        .flag(
            "faultline_clock_affected",
            help: "Whether the clock jumped or the process was stopped, and no rule has been evaluated since."
        ) { $0.isAffected },
    ])
}
