import API
import Engine
import Live
import Logging
import Notify
import Pipeline
import Receivers
import Recording
import RuleFiles
import Rules
import ServiceLifecycle
import Traces

/// Assembles the daemon.
struct LiveParts: Sendable {
    let recorder: ArchiveRecorder?
    private let configuration: Configuration
    private let logger: Logger
    private let log: RateLimitedLog
    private let budget: MemoryBudget
    let state: StateDirectory?
    let pipeline: Pipeline
    private let admission: Admission
    let bodies: RecentBodies
    let keptTraces: TracesKept
    /// nil without a recording.
    let recorded: RecordedTraces?
    let intake: LiveTraceService
    let delivery: Delivery
    let reload: RuleReload
    let evaluations = EvaluationDurations()
    let clock = ClockHealth()
    private let pools = AnswerPools()
    let connections: ListenerConnections
    let credentials: ListenerCredentials

    init(
        _ configuration: Configuration, source: RuleSource, rules: RuleSet, room: DescriptorBudget, logger: Logger
    ) throws {
        self.configuration = configuration
        self.logger = logger
        log = RateLimitedLog(logger)
        let budget = configuration.memory ?? .standard
        self.budget = budget
        logger.notice("memory", metadata: ["limit": "\(budget.text)"])
        recorder = configuration.recording.directory.map { _ in
            ArchiveRecorder(
                mode: configuration.recording.mode,
                queueBytes: max(budget.recordingQueueBytes, configuration.receivers.bodyBytes))
        }
        state = try configuration.stateDirectory.map { path in try StateDirectory(path, logger: logger) }
        let saved = state?.load()
        pipeline = Self.pipeline(configuration, rules, budget, recorder)
        let now = WallClock.now
        if let saved {
            let count = pipeline.restore(saved, at: now)
            logger.notice("alerts of the last run continue", metadata: ["alerts": "\(count)"])
        }
        if let records = state?.baseline.load(logger), !records.isEmpty {
            pipeline.remember(records)
            logger.notice("restored what is usual from the last run", metadata: ["slots": "\(records.count)"])
        }
        // The first event of a recording: a replay restores at the same time.
        _ = pipeline.advance(to: now)
        admission = Admission(limit: configuration.receivers.bytesInFlight)
        keptTraces = TracesKept(budget: budget[.traces])
        bodies = RecentBodies(limit: budget[.traces])
        recorded = configuration.recording.directory.map { [log] in Self.recorded($0, log) }
        intake = LiveTraceService(
            pipeline, admission: admission, services: configuration.window.services, recorder: recorder,
            bodies: bodies, transports: configuration.transports, log: log)
        let links = AlertLinks(externalURL: configuration.externalURL)
        delivery = Delivery(
            try AlertSinks.make(rules.sinksOrDefault, links: links), externalLabels: configuration.externalLabels,
            links: links, state: state,
            unsent: saved?.unsentAlerts ?? [], queueLimit: budget.alertsQueued, log: log)
        reload = RuleReload(source: source, rules: rules, pipeline: pipeline, delivery: delivery, log: log)
        connections = ListenerConnections(room)
        credentials = try ListenerCredentials(configuration, log: log)
    }

    private static func pipeline(
        _ configuration: Configuration, _ rules: RuleSet, _ budget: MemoryBudget, _ recorder: ArchiveRecorder?
    ) -> Pipeline {
        let evaluator = RuleEvaluator(rules.groups, countBytesMax: budget[.rules])
        var onClock: (@Sendable (ClockReading) -> Void)?
        if let recorder { onClock = { recorder.note($0) } }
        return Pipeline(
            rules: evaluator, limits: configuration.window.endless,
            evaluationDelay: configuration.evaluationDelay, attribution: configuration.attribution,
            notifiesOfIncidents: true, onClock: onClock)
    }

    var memoryUse: MemoryUse {
        MemoryUse(
            budget, pipeline: pipeline, bodies: bodies, keptTraces: keptTraces, admission: admission, recorder: recorder
        )
    }

    /// Services in starting order. They stop in reverse, so acknowledged spans are still evaluated.
    var services: [any Service] {
        let readiness = Readiness(addresses: configuration.transports.count, clock: clock)
        let grpc = listener(.grpc, for: "OTLP/gRPC", on: configuration.otlpGRPC, configuration.receivers, readiness)
        let http = listener(.http, for: "OTLP/HTTP", on: configuration.otlpHTTP, configuration.receivers, readiness)
        let beforeQueries: [any Service] = [
            log, reload, credentials,
            SelfWatch(pipeline, recorder: recorder, memoryLimit: budget.limit, log: log, logger: logger),
        ]
        let afterQueries: [any Service] = [
            EvaluationTicker(pipeline, delivery: delivery, durations: evaluations, health: clock, log: log),
            TraceKeeper(pipeline, bodies: bodies, kept: keptTraces),
            ReadyReceivers(
                Receivers(
                    grpc: GRPCReceiver(grpc, admission: admission), http: HTTPReceiver(http, admission: admission)),
                readiness),
        ]
        let keeper: [any Service] = state.map { [BaselineKeeper(pipeline, files: $0.baseline, log: log)] } ?? []
        return beforeQueries + queryServers(readiness) + afterQueries + keeper
    }

    private func queryServers(_ readiness: Readiness) -> [any Service] {
        let own = queryServer(.query, for: "scrape and API", on: configuration.listen, readiness)
        guard let address = configuration.jaeger else { return [own] }
        return [own, queryServer(.jaeger, for: "Jaeger's API", on: address, readiness)]
    }

    private func queryServer(
        _ transport: Transport, for what: String, on address: ListenAddress, _ readiness: Readiness
    ) -> QueryServer {
        let lifecycle: @Sendable () -> String? = { [reload] in reload.reload() }
        return QueryServer(
            QueryServer.Surface(
                pipeline: pipeline, traces: wholeTraces, hosts: configuration.hosts,
                scrape: { LiveScrape.write(self, $0, send: $1) },
                isReady: { readiness.isReady },
                reload: configuration.enableLifecycle ? lifecycle : nil, version: Version.current,
                now: { WallClock.now }),
            on: listener(transport, for: what, on: address, configuration.queryLimits, readiness),
            pools: pools)
    }

    private var wholeTraces: WholeTraces { WholeTraces(bodies, kept: keptTraces.all, recorded: recorded) }

    private static func recorded(_ directory: String, _ log: RateLimitedLog) -> RecordedTraces {
        RecordedTraces(directory: directory, now: WallClock.now) { damage in
            log.note(
                .warning, "passed over a damaged part of the recording: faultline archive verify says more",
                cause: "damage in \(damage.path)"
            ) {
                [
                    "file": "\(damage.path)", "problem": "\(damage.problem)",
                    "bytes": "\(damage.bytes.lowerBound)-\(damage.bytes.upperBound)",
                ]
            }
        }
    }

    private func listener(
        _ transport: Transport, for what: String, on address: ListenAddress, _ limits: ReceiverLimits,
        _ readiness: Readiness
    ) -> Listener {
        Listener(
            address, transport: transport, limits: limits, connections: connections[transport],
            access: credentials[transport], service: intake
        ) { [logger] address in
            readiness.addressBound()
            logger.notice("listening", metadata: ["for": "\(what)", "address": "\(address)"])
        }
    }

    /// Saves and delivers the rest after all services have stopped.
    func finish(deliveringFor patience: Duration) async {
        await recorder?.stop()
        await pools.stop()
        await delivery.finish(at: WallClock.now, timeout: patience) { pipeline.savedAlerts() }
        let counts = pipeline.counts().spans
        logger.notice(
            "stopped", metadata: ["received": "\(counts.received)", "accepted": "\(counts.accepted)"])
    }
}

extension WindowLimits {
    /// For a daemon, which keeps nothing of spans that left window and history.
    fileprivate var endless: WindowLimits {
        var limits = self
        limits.isEndless = true
        limits.history.keepsSum = false
        return limits
    }
}
