import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
package import Pipeline
package import Receivers
package import Scrape
import ServiceLifecycle
package import Traces

/// The daemon's HTTP surface: scrape, health, reload and the query API, or Jaeger's API alone.
///
/// It runs on its own event loop, where nothing takes long, so health checks are always answered.
package struct QueryServer: Service {
    /// What the server exposes, and under which host names.
    package struct Surface: Sendable {
        let pipeline: Pipeline
        let traces: WholeTraces
        let hosts: AllowedHosts
        let scrape: @Sendable (_ format: ExpositionFormat, _ send: @escaping ([UInt8]) -> Bool) -> Void
        let isReady: @Sendable () -> Bool
        let reload: (@Sendable () -> String?)?
        let version: String
        let now: @Sendable () -> Int64
        let recordedFrom: Int64?

        /// - Parameters:
        ///   - scrape: writes the scrape part by part; `send` returns false once the client is gone.
        ///   - reload: reloads the rules and returns the problems, or nil if there are none. nil if requests may not
        ///   reload.
        ///   - version: of the program, for the description of the API.
        ///   - now: the time, Unix nanoseconds.
        ///   - recordedFrom: when the first span ended, Unix nanoseconds, if the spans are recorded ones.
        package init(
            pipeline: Pipeline, traces: WholeTraces, hosts: AllowedHosts,
            scrape: @escaping @Sendable (_ format: ExpositionFormat, _ send: @escaping ([UInt8]) -> Bool) -> Void,
            isReady: @escaping @Sendable () -> Bool, reload: (@Sendable () -> String?)?,
            version: String, now: @escaping @Sendable () -> Int64, recordedFrom: Int64? = nil
        ) {
            self.pipeline = pipeline
            self.traces = traces
            self.hosts = hosts
            self.scrape = scrape
            self.isReady = isReady
            self.reload = reload
            self.version = version
            self.now = now
            self.recordedFrom = recordedFrom
        }
    }

    let surface: Surface
    let refusals: Refusals
    let pools: AnswerPools
    private let listener: Listener
    private let resources: [Resource]

    /// Answers only Jaeger's clients if the listener is for them.
    package init(_ surface: Surface, on listener: Listener, pools: AnswerPools) {
        self.surface = surface
        self.listener = listener
        self.pools = pools
        resources = listener.transport == .jaeger ? Resource.jaegerOnly : Resource.all
        refusals = Refusals(listener)
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
        var listener = listener
        listener.group = loops
        guard listener.transport == .query else { return try await answerRequests(on: listener, responder) }
        try await withTaskCancellationOrGracefulShutdownHandler {
            // Ends with the listener.
            async let _: Void = EventTicker(surface: surface, refusals: refusals, pools: pools).run()
            try await answerRequests(on: listener, responder)
        } onCancelOrGracefulShutdown: { [events = pools.events] in
            events.stop()
        }
    }

    private func answerRequests(
        on listener: Listener, _ responder: some HTTPResponder<QueryContext>
    ) async throws {
        try await HTTPListener(listener) { request, channel in
            let context = QueryContext(source: ApplicationRequestContextSource(channel: channel, logger: Self.silent))
            do {
                // HEAD is routed as GET; the listener drops the body.
                var head = request.head
                if head.method == .head { head.method = .get }
                return try await responder.respond(to: Request(head: head, body: request.body), context: context)
            } catch {
                return Response(status: .internalServerError)
            }
        }.run()
    }

    private static let silent = Logger(label: "http") { _ in SwiftLogNoOpLogHandler() }

    private var router: Router<QueryContext> {
        let router = Router(context: QueryContext.self)
        router.add(middleware: HostCheck(hosts: surface.hosts, isTLS: listener.access.isTLS, refusals: refusals))
        router.add(middleware: TokenCheck(access: listener.access, refusals: refusals))
        router.add(middleware: UnknownRequest(resources: resources, refusals: refusals))
        for resource in resources {
            router.on(RouterPath(resource.path), method: resource.method) { request, context in
                try await answer(resource, request, context)
            }
        }
        return router
    }

    private func answer(_ resource: Resource, _ request: Request, _ context: QueryContext) async throws -> Response {
        let components = resource.variables.map { name in
            // The router gives them as they were sent. One that can't be decoded is taken as it is.
            let component = context.parameters.get(name) ?? ""
            return (name, component.removingPercentEncoding ?? component)
        }
        let variables = Dictionary(uniqueKeysWithValues: components)
        let query: Query
        do {
            query = try Query(request.uri.query, variables: variables, of: resource, now: surface.now())
        } catch {
            return QueryReply.problem(error.message, status: .badRequest, path: request.uri.path)
        }
        do {
            return try await resource.respond(
                QueryExchange(
                    request: request, query: query, variables: variables, server: self,
                    peer: context.channel.remoteAddress))
        } catch let error as QueryError {
            return QueryReply.problem(error.message, status: .badRequest, path: request.uri.path)
        }
    }
}

/// The context of a request: adds its channel, for the peer's address.
struct QueryContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
