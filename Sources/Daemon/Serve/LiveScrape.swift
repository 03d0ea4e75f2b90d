import Live
import Pipeline
import Recording
package import Scrape
import Traces

/// Everything that `GET /metrics` returns: the tables of all components. Each is beside the component that knows its
/// numbers.
package enum LiveScrape {
    /// Every family that a scrape may have, in order.
    package static var families: [MetricFamily] { table.families }

    private static let table = MetricTable<LiveParts>(joining: [
        EngineMetrics.table.read { EngineMetrics($0.pipeline, hasExemplars: $1) },
        LiveTraceService.metrics.read { $0.intake },
        ListenerConnections.metrics.read { $0.connections },
        ListenerCredentials.metrics.present(if: "a listener has TLS or tokens").read { $0.credentials.ifAny },
        WindowMetrics.table.read { $0.pipeline.windowGauges() },
        SourceMetrics.table.read { $0.pipeline.sources() },
        MemoryUse.metrics.read { $0.memoryUse },
        AlertMetrics.table.read { $0.pipeline.evaluation },
        IncidentMetrics.table.read { $0.pipeline.evaluation },
        EvaluationDurations.metrics.read { $0.evaluations.current },
        Delivery.metrics.read { $0.delivery },
        StateDirectory.metrics.read { $0.state },
        RuleReload.metrics.read { $0.reload },
        ClockHealth.metrics.read { $0.clock.current },
        ArchiveRecorder.metrics.read { $0.recorder },
        RecordedTraces.metrics.read { $0.recorded },
        Version.metrics.read { _ in () },
        ProcessMetrics.table.read { _ in ProcessMetrics() },
    ])

    /// Counters begin with the process. Unix nanoseconds.
    private static let created = ProcessMetrics().startTime.map { Int64($0 * 1e9) }

    /// Writes the scrape part by part: see `Exposition`.
    static func write(
        _ parts: LiveParts, _ format: ExpositionFormat, send: @escaping ([UInt8]) -> Bool
    ) {
        var exposition = Exposition(format, created: created, send: send)
        table.write(parts, to: &exposition)
        exposition.finish()
    }
}
