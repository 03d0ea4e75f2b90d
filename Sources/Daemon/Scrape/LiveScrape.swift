import Engine
import Pipeline
import Receivers
import Recording
package import Scrape

/// Everything that `GET /metrics` returns.
package struct LiveScrape: Sendable {
    let pipeline: Pipeline
    let intake: LiveTraceService
    let admission: Admission
    let budget: MemoryBudget
    let connections: ListenerConnections
    let delivery: Delivery
    let evaluations: EvaluationDurations
    let reload: RuleReload
    /// nil if nothing is recorded.
    let recorder: ArchiveRecorder?
    /// nil without a state directory.
    let state: StateDirectory?
    let clock: ClockHealth

    /// Every family that a scrape may have, in order.
    package static var families: [MetricFamily] { table.families }

    /// Writes the scrape part by part: see `Exposition`.
    func write(_ format: Exposition.Format, send: @escaping ([UInt8]) -> Bool) {
        var exposition = Exposition(format, send: send)
        Self.table.write(moment, to: &exposition)
        exposition.finish()
    }

    /// The state of all components at one moment.
    private struct Moment {
        let engine: EngineMetrics
        let counts: SpanCounts
        let intake: IntakeMetrics
        let window: WindowGauges
        let memory: MemoryMetrics
        let alerts: AlertMetrics
        let clock: ClockHealth.Counts
        let process: ProcessMetrics
        let sources: LiveScrape
    }

    private var moment: Moment {
        // Read the components first, so that the view below contains all of their requests.
        let components = pipeline.componentTotals()
        let summary = pipeline.summary()
        let (window, rules) = (pipeline.windowGauges(), pipeline.evaluation)
        return Moment(
            engine: EngineMetrics(summary: summary, components: components), counts: summary.counts,
            intake: IntakeMetrics(intake: intake, admission: admission, connections: connections), window: window,
            memory: MemoryMetrics(
                budget: budget, window: window, counts: rules.countByteCount, inFlight: admission.bytesInFlight,
                archive: recorder?.queueBytes ?? 0),
            alerts: AlertMetrics(rules: rules, durations: evaluations.current), clock: clock.current,
            process: ProcessMetrics(), sources: self)
    }

    private static let table = MetricTable<Moment>(joining: [
        EngineMetrics.table.read { $0.engine },
        SpanMetrics.table.read { $0.counts },
        IntakeMetrics.table.read { $0.intake },
        WindowMetrics.table.read { $0.window },
        MemoryMetrics.table.read { $0.memory },
        AlertMetrics.table.read { $0.alerts },
        DeliveryMetrics.table.read { $0.sources.delivery },
        DeliveryMetrics.state.read { $0.sources.state },
        DeliveryMetrics.reload.read { $0.sources.reload },
        ClockMetrics.table.read { $0.clock },
        RecordingMetrics.table.read { $0.sources.recorder },
        build,
        ProcessMetrics.table.read { $0.process },
    ])

    private static let build = MetricTable<Moment>([
        .family(
            "faultline_build_info", .gauge, labels: ["version"], help: "Always 1; the version is a label."
        ) { $1.sample(1, [Version.current]) }
    ])
}
