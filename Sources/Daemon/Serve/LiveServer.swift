import Engine
package import Logging
import NIOCore
import NIOPosix
import Receivers
import Rules
import ServiceLifecycle
import UnixSignals

/// The daemon: receivers, window, rules, delivery and the HTTP surface, put together.
package struct LiveServer {
    private let configuration: Configuration
    private let rules: RuleSet
    private let source: RuleSource
    private let logger: Logger

    /// Seconds that sinks are given for what they hold when the daemon stops.
    private static let deliverySeconds = 5

    package init(configuration: Configuration, source: RuleSource, rules: RuleSet, logger: Logger) {
        self.configuration = configuration
        self.source = source
        self.rules = rules
        self.logger = logger
    }

    private static func room(_ configuration: Configuration, _ logger: Logger) throws -> DescriptorBudget {
        let limit = DescriptorBudget.raiseLimit()
        let wanted = configuration.receivers.connections
        let budget = try DescriptorBudget(
            limit: limit, open: DescriptorBudget.openNow(), cores: System.coreCount, wanted: wanted)
        if budget.receiver < wanted {
            logger.notice(
                "fewer connections than configured, for few files may be open",
                metadata: ["files": "\(limit)", "connections": "\(budget.receiver)", "configured": "\(wanted)"])
        }
        // Before anything asks for an event loop: each takes three descriptors.
        NIOSingletons.groupLoopCountSuggestion = budget.loops
        return budget
    }

    /// Serves until SIGTERM or SIGINT, then lets requests and deliveries under way finish.
    ///
    /// - Throws: where an address can't be bound or a sink's headers can't be read.
    package func run() async throws {
        let room = try Self.room(configuration, logger)
        let log = RateLimitedLog(logger)
        let budget = configuration.memory ?? .standard
        logger.notice("memory", metadata: ["limit": "\(budget.text)"])
        let recorder = configuration.recording.directory.map { _ in
            ArchiveRecorder(
                mode: configuration.recording.mode,
                queueBytes: max(budget.recordingQueueBytes, configuration.receivers.bodyBytes))
        }
        let state = try configuration.stateDirectory.map { path in try StateDirectory(path, logger: logger) }
        var evaluator = RuleEvaluator(rules.groups, countBytesMax: budget[.rules])
        let saved = state?.load()
        if let saved {
            let count = evaluator.restore(saved, at: WallClock.now - configuration.evaluationDelay)
            logger.notice("alerts of the last run go on", metadata: ["alerts": "\(count)"])
        }
        var onClock: (@Sendable (ClockReading) -> Void)?
        if let recorder { onClock = { recorder.note($0) } }
        let pipeline = Pipeline(
            rules: evaluator, limits: configuration.window.endless,
            evaluationDelay: configuration.evaluationDelay, attribution: configuration.attribution,
            onClock: onClock)
        let admission = Admission(limit: configuration.receivers.bytesInFlight)
        let intake = LiveIntake(pipeline, admission: admission, recorder: recorder, log: log)
        let delivery = try Delivery(
            rules.sinksOrDefault, externalLabels: configuration.externalLabels, directory: state?.delivery,
            queueLimit: budget.alertsQueued, log: log)
        delivery.submit(saved?.untoldTransitions ?? [], isAgain: true)
        let evaluations = EvaluationDurations()
        let reload = RuleReload(
            source: source, rules: rules, pipeline: pipeline, delivery: delivery, log: log)
        let clock = ClockHealth()
        let readiness = Readiness(addresses: 3, clock: clock)
        let bound: @Sendable (String) -> @Sendable (ReceiverAddress) -> Void = { what in
            { address in
                readiness.addressBound()
                logger.notice("listening", metadata: ["for": "\(what)", "address": "\(address)"])
            }
        }
        let grpcConnections = OpenConnections(limit: room.receiver)
        let httpConnections = OpenConnections(limit: room.receiver)
        let adminConnections = OpenConnections(limit: room.admin)
        var adminLimits = configuration.receivers
        // Until a query has found its answer.
        adminLimits.replySeconds = 60
        let pools = AnswerPools()
        let scrape = Scrape(
            pipeline: pipeline, intake: intake, admission: admission, budget: budget,
            connections: [(.grpc, grpcConnections), (.http, httpConnections), (.admin, adminConnections)],
            delivery: delivery, evaluations: evaluations, reload: reload, recorder: recorder, state: state,
            clock: clock)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                // Stopped from the last to the first: spans that are acknowledged are evaluated still.
                services: ([
                    log, reload,
                    SelfWatch(
                        pipeline: pipeline, recorder: recorder, memory: MemoryWatch(limit: budget.limit),
                        logger: logger),
                    AdminServer(
                        address: configuration.listen, limits: adminLimits, connections: adminConnections,
                        hosts: configuration.hosts, pipeline: pipeline, scrape: scrape, readiness: readiness,
                        reload: configuration.enableLifecycle ? reload : nil, service: intake, pools: pools,
                        onBound: bound("scrape and API")),
                    EvaluationTicker(
                        pipeline: pipeline, delivery: delivery, durations: evaluations, state: state, health: clock,
                        logger: logger),
                    ReadyReceivers(
                        receivers: Receivers(
                            grpc: GRPCReceiver(
                                address: configuration.otlpGRPC, limits: configuration.receivers,
                                connections: grpcConnections, admission: admission, service: intake,
                                onBound: bound("OTLP/gRPC")),
                            http: HTTPReceiver(
                                address: configuration.otlpHTTP, limits: configuration.receivers,
                                connections: httpConnections, admission: admission, service: intake,
                                onBound: bound("OTLP/HTTP"))),
                        readiness: readiness),
                ] as [any Service]).map {
                    // One that fails, as when its port is taken, takes the others with it in good order.
                    .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        if let recorder, let directory = configuration.recording.directory {
            recorder.start(configuration.recording, path: directory, logger: logger)
        }
        do {
            try await group.run()
        } catch {
            await recorder?.stop()
            throw error
        }
        await recorder?.stop()
        await pools.stop()
        state?.save(pipeline.savedAlerts(), isChanged: true, at: WallClock.now)
        await delivery.drain(timeout: .seconds(Self.deliverySeconds))
        let counts = pipeline.summary().counts
        logger.notice(
            "stopped", metadata: ["received": "\(counts.received)", "accepted": "\(counts.accepted)"])
    }
}

/// The receivers, with word to the health check when they are told to stop.
private struct ReadyReceivers: Service {
    let receivers: Receivers
    let readiness: Readiness

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await receivers.run()
        } onGracefulShutdown: {
            readiness.stop()
        }
    }
}

extension WindowLimits {
    /// For a daemon: what left window and history is gone.
    fileprivate var endless: WindowLimits {
        var limits = self
        limits.isEndless = true
        limits.history.keepsSum = false
        return limits
    }
}
