package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// OTLP over gRPC: `TraceService/Export` on HTTP/2 in plain text, without an upgrade from HTTP/1.
package struct GRPCReceiver: Service {
    private let limits: ReceiverLimits
    private let admission: Admission
    private let listener: Listener
    private let onBound: @Sendable (ListenAddress) -> Void

    /// - Parameter onBound: is told the address in use, once connections are accepted
    package init(
        address: ListenAddress, limits: ReceiverLimits, connections: OpenConnections, admission: Admission,
        service: any TraceService, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.limits = limits
        self.admission = admission
        self.onBound = onBound
        listener = Listener(
            address: address, transport: .grpc, limits: limits, connections: connections, service: service,
            group: group)
    }

    /// Serves until the task is cancelled or a graceful shutdown asked for, then lets calls under way finish.
    package func run() async throws {
        try await listener.run(onBound: onBound) { try configure($0) }
    }

    private func configure(_ channel: any Channel) throws {
        try GRPCPipeline.add(
            to: channel, limits: limits, admission: admission, service: listener.service,
            connections: listener.connections)
    }
}
