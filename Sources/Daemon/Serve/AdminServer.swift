import Engine
import HTTPTypes
import Hummingbird
import Ingest
import Logging
import NIOCore
import Rules
import ServiceLifecycle
import Synchronization

/// Everything that is asked of the daemon over HTTP: the scrape, its health, and what the window holds.
struct AdminServer: Service {
    let address: ReceiverAddress
    let pipeline: Pipeline
    let scrape: Scrape
    let readiness: Readiness
    /// nil where requests may not ask for it.
    let reload: RuleReload?
    let logger: Logger
    let onBound: @Sendable (ReceiverAddress) -> Void

    func run() async throws {
        var quiet = logger
        quiet.logLevel = .critical
        try await ListenFailure.catching(at: address) { bound in
            let application = Application(
                router: router,
                configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
                onServerRunning: { [address, onBound] channel in
                    bound()
                    onBound(
                        ReceiverAddress(
                            host: channel.localAddress?.ipAddress ?? address.host,
                            port: channel.localAddress?.port ?? address.port))
                },
                logger: quiet)
            try await application.run()
        }
    }

    private var router: Router<BasicRequestContext> {
        let router = Router()
        router.get("/metrics") { request, _ in
            let format = Exposition.Format(accept: request.headers[.accept])
            return Self.response(scrape.text(format), type: format.contentType)
        }
        router.get("/-/healthy") { _, _ in Self.response("healthy\n", type: Self.plain) }
        router.get("/-/ready") { _, _ in
            readiness.isReady
                ? Self.response("ready\n", type: Self.plain)
                : Self.response("not ready\n", type: Self.plain, status: .serviceUnavailable)
        }
        router.post("/-/reload") { _, _ in
            guard let reload else {
                return Self.response(
                    "not enabled: the configuration doesn't say enable_lifecycle: true\n", type: Self.plain,
                    status: .forbidden)
            }
            guard let problems = reload.reload() else { return Self.response("rules reloaded\n", type: Self.plain) }
            return Self.response(
                "rules not reloaded, the old ones stay:\n\(problems)\n", type: Self.plain,
                status: .internalServerError)
        }
        router.get("/api/v1/operations") { _, _ in try Self.json(report.operations) }
        router.get("/api/v1/requests") { _, _ in try Self.json(report.requests) }
        router.get("/api/v1/alerts") { _, _ in
            try Self.json(pipeline.withRules { $0.activeAlerts }.map { AlertJSON($0) })
        }
        router.get("/api/v1/rules") { _, _ in
            try Self.json(pipeline.rulesInForce().groups.map { RuleGroupJSON($0) })
        }
        router.get("/api/v1/traces/:id") { _, context in
            guard let id = TraceID(hex: context.parameters.get("id") ?? "") else {
                return Self.response(
                    "a trace id is 32 hexadecimal digits\n", type: Self.plain, status: .badRequest)
            }
            let trace = TraceJSON(id, pipeline)
            guard !trace.spans.isEmpty else {
                return Self.response("no span of this trace is held\n", type: Self.plain, status: .notFound)
            }
            return try Self.json(trace)
        }
        router.get("/api/v1/status") { _, _ in try Self.json(report.spans) }
        return router
    }

    /// Over the window, not over all that was ever received.
    private var report: Report { Report(pipeline.attributedSummary().windowOnly, alerts: []) }

    private static let plain = "text/plain; charset=utf-8"

    private static func json(_ value: some Encodable) throws -> Response {
        response(try JSONText.encode(value), type: "application/json")
    }

    private static func response(
        _ text: String, type: String, status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
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
