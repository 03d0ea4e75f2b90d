import Receivers
import Scrape

/// What the scrape says about connections and requests on their way in.
struct IntakeMetrics: Sendable {
    let intake: LiveIntake
    let admission: Admission
    let connections: [(transport: Transport, open: OpenConnections)]

    static let table = MetricTable<IntakeMetrics>([
        .family(
            "faultline_requests_refused", .counter, labels: ["transport", "reason"],
            help: "Requests or connections refused, by reason."
        ) { metrics, exposition in
            let refusals = metrics.intake.refusals
            for transport in Transport.allCases {
                for reason in RefusalReason.allCases {
                    let count = refusals[LiveIntake.Refusal(transport: transport, reason: reason)] ?? 0
                    exposition.sample(Double(count), [transport.rawValue, reason.rawValue])
                }
            }
        },
        .gauge(
            "faultline_ingest_inflight_bytes", unit: "bytes",
            help: "Bytes of export requests on their way in, and of what they are decoded to."
        ) { $0.admission.bytesInFlight },
        .family(
            "faultline_connections", .gauge, labels: ["transport"], help: "Open connections."
        ) { metrics, exposition in
            for (transport, open) in metrics.connections {
                exposition.sample(Double(open.count), [transport.rawValue])
            }
        },
        .family(
            "faultline_connections_limit", .gauge, labels: ["transport"], help: "Connections that may be open."
        ) { metrics, exposition in
            for (transport, open) in metrics.connections {
                exposition.sample(Double(open.limit), [transport.rawValue])
            }
        },
    ])
}
