internal import NIOCore

/// Stands between the socket and the HTTP/2 handler: follows the bytes that come in, and says goodbye unnoticed by it.
final class HTTP2Follower: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var boundaries = HTTP2Boundaries()
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        boundaries.receive(unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    /// Sends a GOAWAY frame (RFC 9113, section 6.8) that names a last stream, without an error.
    ///
    /// swift-nio-http2 takes every stream that a client begins after its own GOAWAY for a fault of the connection, and
    /// ends it with all calls under way. A client can't know before the frame has reached it: so it goes past the handler.
    func sendGoAway(lastStream: UInt32) {
        guard let context else { return }
        var frame = context.channel.allocator.buffer(capacity: 17)
        // Eight bytes of payload, type 7, no flags, stream 0.
        frame.writeInteger(UInt32(8) << 8 | 7)
        frame.writeInteger(UInt8(0))
        frame.writeInteger(UInt32(0))
        frame.writeInteger(lastStream)
        frame.writeInteger(UInt32(0))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }
}
