package import Logging
package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Hummingbird
internal import HummingbirdCore

/// OTLP over HTTP/1.1: `POST /v1/traces`, protobuf or JSON.
package struct HTTPReceiver: Service {
    private let address: ReceiverAddress
    private let limits: ReceiverLimits
    private let admission: Admission
    private let service: any TraceService
    private let group: any EventLoopGroup
    private let logger: Logger
    private let onBound: @Sendable (ReceiverAddress) -> Void
    private let connections: OpenConnections

    /// - Parameter onBound: is told the address in use, once connections are accepted
    package init(
        address: ReceiverAddress, limits: ReceiverLimits = ReceiverLimits(), admission: Admission,
        service: any TraceService, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        logger: Logger, onBound: @escaping @Sendable (ReceiverAddress) -> Void = { _ in }
    ) {
        self.address = address
        self.limits = limits
        self.admission = admission
        self.service = service
        self.group = group
        self.logger = logger
        self.onBound = onBound
        connections = OpenConnections(limit: limits.connections)
    }

    package var connectionCount: Int { connections.count }

    /// Serves until the task is cancelled or a graceful shutdown asked for, then lets requests under way finish.
    package func run() async throws {
        var quiet = logger
        // Hummingbird announces itself at every start; the daemon does so through `onBound`.
        quiet.logLevel = .critical
        try await ListenFailure.catching(at: address) { bound in
            let server = HTTPServerBuilder { [limits, connections, service] responder in
                HTTPConnection(
                    responder: responder, limits: limits, connections: connections, service: service)
            }
            let application = Application(
                responder: HTTPExport(limits: limits, admission: admission, service: service),
                server: server,
                configuration: ApplicationConfiguration(address: .hostname(address.host, port: address.port)),
                onServerRunning: { [address, onBound] channel in
                    bound()
                    onBound(ReceiverAddress(bound: channel.localAddress, asked: address))
                },
                eventLoopGroupProvider: .shared(group),
                logger: quiet
            )
            try await application.run()
        }
    }
}
