package import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// A listening socket with its connections.
package struct Listener: Sendable {
    let address: ListenAddress
    package let transport: Transport
    let limits: ReceiverLimits
    let connections: OpenConnections
    package let access: ListenerAccess
    package let service: any TraceService
    /// The event loops of the connections.
    package var group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    private let onBound: @Sendable (ListenAddress) -> Void

    /// - Parameters:
    ///   - connections: bounds the open connections.
    ///   - access: who may use it.
    ///   - service: takes what is received and counts what is refused.
    ///   - onBound: called with the actual address once connections are accepted.
    package init(
        _ address: ListenAddress, transport: Transport, limits: ReceiverLimits, connections: OpenConnections,
        access: ListenerAccess = .open, service: any TraceService, onBound: @escaping @Sendable (ListenAddress) -> Void
    ) {
        self.address = address
        self.transport = transport
        self.limits = limits
        self.connections = connections
        self.access = access
        self.service = service
        self.onBound = onBound
    }

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open requests finish.
    ///
    /// - Parameter configure: sets up a connection on its event loop.
    func run(configure: @escaping @Sendable (any Channel) throws -> Void) async throws {
        let listener: any Channel
        do {
            listener = try await bootstrap(configure).bind(host: address.host, port: address.port).get()
        } catch {
            throw ListenError(address, error)
        }
        onBound(ListenAddress(bound: listener.localAddress, asked: address))
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await listener.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            listener.close(promise: nil)
        }
        await connections.drain(graceSeconds: limits.graceSeconds, on: listener.eventLoop)
    }

    private func bootstrap(_ configure: @escaping @Sendable (any Channel) throws -> Void) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One at a time, so that the gate counts each connection before the next is accepted.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { [connections, service, transport] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptGate(connections) { reason, peer in
                            service.refused(transport: transport, reason: reason, peer: peer)
                        })
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.recvAllocator, value: Self.receiveBuffers(limits))
            .childChannelInitializer { [access, service, transport] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context = access.context {
                        let peer = channel.remoteAddress
                        try TLSPipeline.add(to: channel, context: context) { reason, explanation in
                            service.refused(
                                transport: transport, reason: reason, peer: peer, explanation: explanation)
                        }
                    }
                    try configure(channel)
                }
            }
    }

    /// Adapts to what a client sends: large requests take few system calls, idle connections little memory.
    private static func receiveBuffers(_ limits: ReceiverLimits) -> AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(
            minimum: 2_048, initial: 16_384, maximum: max(limits.receiveBufferBytes, 16_384))
    }
}
