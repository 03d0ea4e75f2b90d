internal import NIOCore
internal import NIOHTTP2

/// Stands between the socket and the HTTP/2 handler: follows the bytes that come in, stops floods before they are any
/// work, and says what the handler would say otherwise.
final class HTTP2Follower: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var boundaries = HTTP2Boundaries()
    var budget: FrameBudget
    /// Whether the client has said that it begins no more calls, without blaming anybody.
    var isLeft: Bool { boundaries.isLeft }
    /// Is told of a flood, once; nothing that comes is passed on then.
    var onFlood: ((RefusalReason) -> Void)?
    private var early = EarlySettings()
    private let streams: UInt32
    private var isFlooded = false
    private var hasAnnouncedStreams = false
    private var context: ChannelHandlerContext?

    init(_ limits: ReceiverLimits) {
        budget = FrameBudget(perSecond: limits.controlFramesPerSecond)
        streams = UInt32(clamping: limits.streams)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isFlooded else { return }
        boundaries.receive(unwrapInboundIn(data)) { type, length, flags in
            budget.charge(type, length: length, flags: flags)
        }
        guard let reason = budget.exceeded else {
            guard !early.isOver else { return context.fireChannelRead(data) }
            return context.fireChannelRead(wrapInboundOut(early.filter(unwrapInboundIn(data))))
        }
        isFlooded = true
        sendGoAway(lastStream: 0, code: .enhanceYourCalm)
        onFlood?(reason)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !hasAnnouncedStreams else { return context.write(data, promise: promise) }
        hasAnnouncedStreams = true
        context.write(wrapOutboundOut(announcingStreams(unwrapOutboundIn(data))), promise: promise)
    }

    /// Puts the number of concurrent streams into the first frame, which is SETTINGS (RFC 9113, section 3.4).
    ///
    /// swift-nio-http2 ends the connection, with all calls under way, where a client begins one stream more than it was
    /// told to; the client may not have been told yet. So the handler knows of no limit.
    private func announcingStreams(_ bytes: ByteBuffer) -> ByteBuffer {
        var bytes = bytes
        let payload = bytes.readerIndex + 9
        guard let word = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self), word & 0xFF == 4 else {
            return bytes
        }
        for setting in stride(from: payload, to: min(payload + Int(word >> 8), bytes.writerIndex), by: 6) {
            // SETTINGS_MAX_CONCURRENT_STREAMS
            if bytes.getInteger(at: setting, as: UInt16.self) == 3 { bytes.setInteger(streams, at: setting + 2) }
        }
        return bytes
    }

    /// Sends a GOAWAY frame (RFC 9113, section 6.8).
    ///
    /// swift-nio-http2 takes every stream that a client begins after its own GOAWAY for a fault of the connection, and
    /// ends it with all calls under way. A client can't know before the frame has reached it: so it goes past the handler.
    func sendGoAway(lastStream: UInt32, code: HTTP2ErrorCode = .noError) {
        guard let context else { return }
        var frame = context.channel.allocator.buffer(capacity: 17)
        // Eight bytes of payload, type 7, no flags, stream 0.
        frame.writeInteger(UInt32(8) << 8 | 7)
        frame.writeInteger(UInt8(0))
        frame.writeInteger(UInt32(0))
        frame.writeInteger(lastStream)
        frame.writeInteger(UInt32(truncatingIfNeeded: code.networkCode))
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }
}
