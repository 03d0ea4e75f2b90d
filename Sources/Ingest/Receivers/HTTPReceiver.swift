package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// OTLP over HTTP/1.1: `POST /v1/traces`, protobuf or JSON.
package struct HTTPReceiver: Service {
    private let listener: HTTPListener
    private let onBound: @Sendable (ListenAddress) -> Void

    /// - Parameter onBound: is told the address in use, once connections are accepted
    package init(
        address: ListenAddress, limits: ReceiverLimits, connections: OpenConnections, admission: Admission,
        service: any TraceService, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        let export = HTTPExport(limits: limits, admission: admission, service: service)
        listener = HTTPListener(
            address: address, transport: .http, limits: limits, connections: connections, service: service,
            group: group, wantsBody: { (try? HTTPExportHead($0, limits: limits)) != nil },
            respond: { await export.respond(to: $0, from: $1) })
        self.onBound = onBound
    }

    /// Serves until the task is cancelled or a graceful shutdown asked for, then lets requests under way finish.
    package func run() async throws {
        try await listener.run(onBound: onBound)
    }
}
