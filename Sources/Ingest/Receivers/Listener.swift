import Foundation
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization

/// A host, by name or address, and a TCP port. Port 0 asks for any free one.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host:port`, an IPv6 address in brackets (RFC 3986, section 3.2.2).
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension ListenAddress {
    /// The address a socket is bound to, which tells the port that was picked for 0.
    init(bound: SocketAddress?, asked: ListenAddress) {
        self.init(host: bound?.ipAddress ?? asked.host, port: bound?.port ?? asked.port)
    }
}

/// An address that can't be listened on.
package struct ListenError: Error, CustomStringConvertible {
    package let address: ListenAddress
    private let reason: String

    package init(_ address: ListenAddress, _ error: any Error) {
        self.address = address
        reason =
            switch error {
            case let error as IOError: unsafe String(cString: strerror(error.errnoCode))
            case is SocketAddressError.UnknownHost, is SocketAddressError: "no address is known for this host"
            default: "\(error)"
            }
    }

    package var description: String { "can't listen on \(address): \(reason)" }
}

extension ListenError {
    /// Runs a server that calls `bound` once it listens; an error before that is its address's.
    static func catching(
        at address: ListenAddress, _ run: (_ bound: @escaping @Sendable () -> Void) async throws -> Void
    ) async throws {
        let listener = Listener()
        do {
            try await run { listener.isBound.store(true, ordering: .relaxed) }
        } catch  where !listener.isBound.load(ordering: .relaxed) {
            throw ListenError(address, error)
        }
    }

    private final class Listener: Sendable {
        let isBound = Atomic<Bool>(false)
    }
}

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
