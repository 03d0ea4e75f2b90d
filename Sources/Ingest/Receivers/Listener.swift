internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// A listening socket and its connections, from the first to the last.
struct Listener: Sendable {
    let address: ListenAddress
    let transport: Transport
    let limits: ReceiverLimits
    let connections: OpenConnections
    let service: any TraceService
    let group: any EventLoopGroup

    /// Serves until the task is cancelled or a graceful shutdown asked for, then lets what is under way finish.
    ///
    /// - Parameters:
    ///   - onBound: is told the address in use, once connections are accepted.
    ///   - configure: sets up a connection, on its event loop.
    func run(
        onBound: @Sendable (ListenAddress) -> Void,
        configure: @escaping @Sendable (any Channel) throws -> Void
    ) async throws {
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
            // One at a time, so that the gate sees each before the next is accepted.
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
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
    }

    /// Grows to what a busy client fills, so that a large request takes few system calls and an idle one little memory.
    private static func receiveBuffers(_ limits: ReceiverLimits) -> AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(
            minimum: 2_048, initial: 16_384, maximum: max(limits.receiveBufferBytes, 16_384))
    }
}
