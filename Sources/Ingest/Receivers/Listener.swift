import Foundation
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// A host name or address with a TCP port. Port 0 means any free port.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`; an IPv6 address is in brackets (RFC 3986, section 3.2.2).
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension ListenAddress {
    /// The address that a socket is bound to, with the actual port if 0 was asked for.
    init(bound: SocketAddress?, asked: ListenAddress) {
        self.init(host: bound?.ipAddress ?? asked.host, port: bound?.port ?? asked.port)
    }
}

/// Listening on an address failed.
package struct ListenError: Error, CustomStringConvertible {
    package let address: ListenAddress
    private let reason: String

    package init(_ address: ListenAddress, _ error: any Error) {
        self.address = address
        reason =
            switch error {
            case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
            case is SocketAddressError.UnknownHost, is SocketAddressError: "the host name can't be resolved"
            default: "\(error)"
            }
    }

    package var description: String { "can't listen on \(address): \(reason)" }
}

/// A listening socket with its connections.
struct Listener: Sendable {
    let address: ListenAddress
    let transport: Transport
    let limits: ReceiverLimits
    let connections: OpenConnections
    let service: any TraceService
    let group: any EventLoopGroup

    /// Serves until the task is cancelled or a graceful shutdown begins, then lets open requests finish.
    ///
    /// - Parameters:
    ///   - onBound: called with the actual address once connections are accepted.
    ///   - configure: sets up a connection on its event loop.
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
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try configure(channel) }
            }
    }

    /// Adapts to what a client sends: large requests take few system calls, idle connections little memory.
    private static func receiveBuffers(_ limits: ReceiverLimits) -> AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(
            minimum: 2_048, initial: 16_384, maximum: max(limits.receiveBufferBytes, 16_384))
    }
}
