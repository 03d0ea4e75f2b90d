import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
package import Pipeline
package import Receivers
package import Scrape
import ServiceLifecycle

/// Everything that is asked of the daemon over HTTP: the scrape, its health, and what the window holds.
///
/// It has event loops of its own, on which nothing takes long, so that health checks are answered whatever else goes on.
package struct AdminServer: Service {
    /// What it is asked for, and by which names.
    package struct Surface: Sendable {
        let pipeline: Pipeline
        let hosts: AllowedHosts
        let scrape: @Sendable (_ format: Exposition.Format, _ send: @escaping ([UInt8]) -> Bool) -> Void
        let isReady: @Sendable () -> Bool
        let reload: (@Sendable () -> String?)?

        /// - Parameters:
        ///   - scrape: writes the scrape, part by part; `send` says whether anybody wants the rest.
        ///   - reload: reads the rules again, and says what is wrong with them; nil where requests may not ask for it.
        package init(
            pipeline: Pipeline, hosts: AllowedHosts,
            scrape: @escaping @Sendable (_ format: Exposition.Format, _ send: @escaping ([UInt8]) -> Bool) -> Void,
            isReady: @escaping @Sendable () -> Bool, reload: (@Sendable () -> String?)?
        ) {
            self.pipeline = pipeline
            self.hosts = hosts
            self.scrape = scrape
            self.isReady = isReady
            self.reload = reload
        }
    }

    private let address: ListenAddress
    private let limits: ReceiverLimits
    private let connections: OpenConnections
    let surface: Surface
    let service: any TraceService
    let pools: AnswerPools
    private let onBound: @Sendable (ListenAddress) -> Void

    /// - Parameter service: counts what is refused.
    package init(
        _ surface: Surface, address: ListenAddress, limits: ReceiverLimits, connections: OpenConnections,
        service: any TraceService, pools: AnswerPools, onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.surface = surface
        self.address = address
        self.limits = limits
        self.connections = connections
        self.service = service
        self.pools = pools
        self.onBound = onBound
    }

    package func run() async throws {
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
                // HEAD is GET, of whose answer the listener leaves out the body.
                var head = request.head
                if head.method == .head { head.method = .get }
                return try await responder.respond(to: Request(head: head, body: request.body), context: context)
            } catch {
                return Response(status: .internalServerError)
            }
        }.run(onBound: onBound)
    }

    private static let silent = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }

    private var router: Router<AdminContext> {
        let router = Router(context: AdminContext.self)
        router.add(middleware: HostCheck(hosts: surface.hosts, service: service))
        router.add(middleware: UnknownRequest(service: service))
        addHealth(to: router)
        router.get("/metrics") { request, context in metrics(request, context) }
        for resource in Resource.all {
            router.get(RouterPath(resource.route)) { request, context in
                try await answer(resource, request, context)
            }
        }
        return router
    }
}

/// What a route knows of its request besides the request itself.
struct AdminContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
