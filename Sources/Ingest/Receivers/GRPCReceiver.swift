package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import NIOHTTP2

/// OTLP over gRPC: `TraceService/Export` on HTTP/2 in plain text, without an upgrade from HTTP/1.
package struct GRPCReceiver: Service {
    private let address: ReceiverAddress
    private let limits: ReceiverLimits
    private let admission: Admission
    private let service: any TraceService
    private let group: any EventLoopGroup
    private let onBound: @Sendable (ReceiverAddress) -> Void
    private let connections: OpenConnections

    /// - Parameter onBound: is told the address in use, once connections are accepted
    package init(
        address: ReceiverAddress, limits: ReceiverLimits = ReceiverLimits(), admission: Admission,
        service: any TraceService, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        onBound: @escaping @Sendable (ReceiverAddress) -> Void = { _ in }
    ) {
        self.address = address
        self.limits = limits
        self.admission = admission
        self.service = service
        self.group = group
        self.onBound = onBound
        connections = OpenConnections(limit: limits.connections)
    }

    package var connectionCount: Int { connections.count }

    /// Serves until the task is cancelled or a graceful shutdown asked for, then lets calls under way finish.
    package func run() async throws {
        let listener: any Channel
        do {
            listener = try await bootstrap.bind(host: address.host, port: address.port).get()
        } catch {
            throw ListenFailure(address, error)
        }
        onBound(ReceiverAddress(bound: listener.localAddress, asked: address))
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await listener.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            listener.close(promise: nil)
        }
        await connections.drain(graceSeconds: limits.graceSeconds, on: listener.eventLoop)
    }

    private var bootstrap: ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: Self.receiveBuffers(limits))
            .childChannelInitializer { [self] channel in
                guard connections.admit(channel) else {
                    service.refused(transport: .grpc, reason: .connections)
                    return channel.close()
                }
                return channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
    }

    private func configure(_ channel: any Channel) throws {
        let follower = HTTP2Follower()
        let verdict = ConnectionVerdict()
        let pipeline = channel.pipeline.syncOperations
        // Stops reading from a client that doesn't read: its replies would pile up.
        try pipeline.addHandler(BackPressureHandler())
        try pipeline.addHandler(follower)
        try pipeline.addHandler(
            NIOHTTP2Handler(
                mode: .server, frameDelegate: verdict,
                connectionConfiguration: HTTP2Protection.connection(limits),
                streamConfiguration: HTTP2Protection.stream(limits)))
        try pipeline.addHandler(
            GRPCConnection(
                limits: limits, admission: admission, service: service, follower: follower, verdict: verdict))
    }

    /// Grows to what a busy client fills, so that a large request takes few system calls and an idle one little memory.
    static func receiveBuffers(_ limits: ReceiverLimits) -> AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(
            minimum: 2_048, initial: 16_384, maximum: max(limits.receiveBufferBytes, 16_384))
    }
}
