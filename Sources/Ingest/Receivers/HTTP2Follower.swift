package import NIOCore
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
    /// Is told of a flood, or of another protocol, once; nothing that comes is passed on then.
    var onMisuse: ((RefusalReason) -> Void)?
    /// What has come of the preface; nil once it is complete.
    private var opening: ByteBuffer? = ByteBuffer()
    private var early = EarlySettings()
    private let streams: UInt32
    private var isClosed = false
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
        guard !isClosed else { return }
        if let reason = foreignProtocol(unwrapInboundIn(data)) { return close(.protocolError, reason) }
        boundaries.receive(unwrapInboundIn(data)) { type, length, flags in
            budget.charge(type, length: length, flags: flags)
        }
        guard let reason = budget.exceeded else {
            guard !early.isOver else { return context.fireChannelRead(data) }
            return context.fireChannelRead(wrapInboundOut(early.filter(unwrapInboundIn(data))))
        }
        close(.enhanceYourCalm, reason)
    }

    private func close(_ code: HTTP2ErrorCode, _ reason: RefusalReason) {
        isClosed = true
        sendGoAway(lastStream: 0, code: code)
        onMisuse?(reason)
    }

    /// What a client speaks that doesn't begin as HTTP/2 does.
    private func foreignProtocol(_ bytes: ByteBuffer) -> RefusalReason? {
        guard var begun = opening else { return nil }
        begun.writeBytes(bytes.readableBytesView.prefix(Self.preface.count - begun.readableBytes))
        guard Self.preface.starts(with: begun.readableBytesView) else {
            switch ClientProtocol(opening: begun) {
            case .tls: return .tls
            case .http1: return .http1
            case .http2, .unknown: return .protocolError
            }
        }
        opening = begun.readableBytes < Self.preface.count ? begun : nil
        return nil
    }

    /// RFC 9113, section 3.4.
    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

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

/// Has the HTTP/2 handler take its settings for acknowledged as soon as the client has sent its own, and keeps the
/// client's acknowledgement from it.
///
/// Until then swift-nio-http2 would hold the client to 100 concurrent streams, and end the connection over the next. A
/// client that hasn't read our settings knows of no limit (RFC 9113, section 6.5.2), so it isn't at fault: its calls are
/// refused one by one, by `GRPCConnection`.
package struct EarlySettings {
    private static let headerLength = 9
    /// SETTINGS, with the flag ACK, on the connection.
    private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

    /// Bytes to come of the preface's first line, or of a frame.
    private var toPass = 24
    private var framesBegun = 0
    private var header = ByteBuffer()
    private var isInjected = false
    /// Whether everything is passed on as it is from now on.
    package private(set) var isOver = false

    package init() {}

    /// What the handler is given for what the client has sent.
    package mutating func filter(_ bytes: ByteBuffer) -> ByteBuffer {
        guard !isOver else { return bytes }
        var bytes = bytes
        var result = ByteBuffer()
        while true {
            if var part = bytes.readSlice(length: min(toPass, bytes.readableBytes)) {
                toPass -= part.readableBytes
                result.writeBuffer(&part)
            }
            guard toPass == 0 else { return result }
            if framesBegun == 1, !isInjected {
                isInjected = true
                result.writeBytes(Self.acknowledgement)
            }
            let wanted = min(Self.headerLength - header.readableBytes, bytes.readableBytes)
            if var part = bytes.readSlice(length: wanted) { header.writeBuffer(&part) }
            guard header.readableBytes == Self.headerLength,
                let word = header.getInteger(at: header.readerIndex, as: UInt32.self)
            else { return result }
            framesBegun += 1
            if isInjected, header.readableBytesView.elementsEqual(Self.acknowledgement) {
                isOver = true
                result.writeBuffer(&bytes)
                return result
            }
            toPass = Int(word >> 8)
            result.writeBuffer(&header)
            header.clear()
        }
    }
}
