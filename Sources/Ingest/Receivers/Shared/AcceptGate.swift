import Foundation
import NIOCore

/// Admits connections at a listening socket, and stops accepting before the process runs out of file descriptors.
///
/// Without a free descriptor, Dispatch can't list its own threads in /proc and terminates the process. A connection
/// counts until it has closed, because it keeps its descriptor that long.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    /// Connections above the limit that are being refused, or are closing to make room.
    static let leavingMax = 2

    private let connections: OpenConnections
    private let refuse: (RefusalReason, SocketAddress?) -> Void
    private var open = 0
    private var isBackingOff = false
    private var isReadWithheld = false

    init(_ connections: OpenConnections, refuse: @escaping (RefusalReason, SocketAddress?) -> Void) {
        self.connections = connections
        self.refuse = refuse
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        open += 1
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        channel.closeFuture.hop(to: context.eventLoop).whenComplete { _ in
            bound.value.gate.open -= 1
            bound.value.gate.resume(bound.value.context)
        }
        guard connections.admit(channel) else {
            refuse(.connections, channel.remoteAddress)
            return channel.close(promise: nil)
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard !isBackingOff, open < connections.limit + Self.leavingMax else {
            isReadWithheld = true
            return
        }
        context.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError else { return context.fireErrorCaught(error) }
        // A client that left before it was accepted isn't an error.
        guard error.errnoCode != ECONNABORTED, !isBackingOff else { return }
        refuse(.acceptFailed, nil)
        isBackingOff = true
        let bound = NIOLoopBound((gate: self, context: context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            bound.value.gate.isBackingOff = false
            bound.value.gate.resume(bound.value.context)
        }
    }

    private func resume(_ context: ChannelHandlerContext) {
        guard isReadWithheld, context.channel.isActive else { return }
        isReadWithheld = false
        read(context: context)
    }
}
