import Engine
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Receivers
import Rules
import ServiceLifecycle
import Synchronization

/// Everything that is asked of the daemon over HTTP: the scrape, its health, and what the window holds.
///
/// It has event loops of its own, on which nothing takes long, so that health checks are answered whatever else goes on.
struct AdminServer: Service {
    let address: ReceiverAddress
    let limits: ReceiverLimits
    let connections: OpenConnections
    let hosts: AllowedHosts
    let pipeline: Pipeline
    let scrape: Scrape
    let readiness: Readiness
    /// nil where requests may not ask for it.
    let reload: RuleReload?
    let service: any TraceService
    let pools: AnswerPools
    let onBound: @Sendable (ReceiverAddress) -> Void

    func run() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            try await serve(on: loops)
        } catch {
            try? await loops.shutdownGracefully()
            throw error
        }
        try? await loops.shutdownGracefully()
    }

    private func serve(on loops: MultiThreadedEventLoopGroup) async throws {
        let responder = router.buildResponder()
        try await HTTPListener(
            address: address, transport: .admin, limits: limits, connections: connections, service: service,
            group: loops
        ) { request, channel in
            let context = AdminContext(source: ApplicationRequestContextSource(channel: channel, logger: Self.silent))
            do {
                return try await responder.respond(to: request, context: context)
            } catch {
                return Response(status: .internalServerError)
            }
        }.run(onBound: onBound)
    }

    private static let silent = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }

    private var router: Router<AdminContext> {
        let router = Router(context: AdminContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: HostCheck(hosts: hosts, service: service))
        router.add(middleware: UnknownRequest(service: service))
        addHealth(to: router)
        router.get("/metrics") { request, context in metrics(request, context) }
        query("operations", ["service", "limit"], on: router) { parameters in
            let rows = report.operations.filter { parameters["service"] ?? $0.service == $0.service }
            return try JSONText.encode(Array(rows.prefix(parameters.limit() ?? .max)))
        }
        query("requests", ["limit"], on: router) { parameters in
            try JSONText.encode(Array(report.requests.prefix(parameters.limit() ?? .max)))
        }
        query("alerts", [], on: router) { _ in
            try JSONText.encode(pipeline.withRules { $0.activeAlerts }.map { AlertJSON($0) })
        }
        query("rules", [], on: router) { _ in
            try JSONText.encode(pipeline.rulesInForce().groups.map { RuleGroupJSON($0) })
        }
        query("status", [], on: router) { _ in
            let summary = pipeline.summary()
            return try JSONText.encode(SpansRow(summary.counts, summary.unattributed))
        }
        addTraces(to: router)
        return router
    }

    /// Over the window, not over all that was ever received.
    private var report: Report { Report(pipeline.attributedSummary().windowOnly, alerts: []) }
}

/// Whether the daemon does its work: from when all its addresses are bound until it is told to stop, but not between a jump
/// of the clock and the next evaluation of the rules.
final class Readiness: Sendable {
    private let clock: ClockHealth
    private let missing: Atomic<Int>
    private let isStopping = Atomic<Bool>(false)

    init(addresses: Int, clock: ClockHealth) {
        self.clock = clock
        missing = Atomic(addresses)
    }

    func addressBound() {
        missing.subtract(1, ordering: .relaxed)
    }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
    }

    var isReady: Bool {
        missing.load(ordering: .relaxed) <= 0 && !isStopping.load(ordering: .relaxed) && !clock.current.isAffected
    }
}
