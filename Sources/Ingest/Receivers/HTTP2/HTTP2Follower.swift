import NIOCore
internal import NIOHTTP2

/// Sits between the socket and the HTTP/2 handler. Follows the incoming bytes, stops floods before they cause work, and
/// sends some frames in the handler's place.
final class HTTP2Follower: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private(set) var boundaries = HTTP2Boundaries()
    var budget: FrameBudget
    /// Whether the client has sent a GOAWAY.
    var isLeft: Bool { boundaries.isLeft }
    /// Called once, on a flood or a foreign protocol. Nothing is passed on afterwards.
    var onMisuse: ((RefusalReason) -> Void)?
    /// The part of the preface that has arrived; nil once it is complete.
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
        var bytes = unwrapInboundIn(data)
        if let reason = foreignProtocol(bytes) { return close(.protocolError, reason) }
        boundaries.receive(&bytes) { type, length, flags in
            budget.charge(type, length: length, flags: flags)
        }
        guard let reason = budget.exceeded else {
            return context.fireChannelRead(wrapInboundOut(early.isOver ? bytes : early.filter(bytes)))
        }
        close(.enhanceYourCalm, reason)
    }

    private func close(_ code: HTTP2ErrorCode, _ reason: RefusalReason) {
        isClosed = true
        sendGoAway(lastStream: 0, code: code)
        onMisuse?(reason)
    }

    /// The reason to refuse a client that doesn't start with the HTTP/2 preface.
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

    /// Sets the number of concurrent streams in the first frame, which is SETTINGS (RFC 9113, section 3.4).
    ///
    /// The handler itself is set to no limit: otherwise swift-nio-http2 would end the connection, with all its calls,
    /// as soon as a client exceeds the limit, even if the limit hasn't reached the client yet.
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

    /// Sends a GOAWAY frame (RFC 9113, section 6.8), bypassing the handler.
    ///
    /// After its own GOAWAY, swift-nio-http2 treats every new stream as a connection error and ends all calls. But a
    /// client can't know about the frame before it arrives.
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

/// Makes the HTTP/2 handler treat its settings as acknowledged as soon as the client's settings arrive, and hides the
/// client's real acknowledgement from it.
///
/// Until the acknowledgement, swift-nio-http2 would allow only 100 concurrent streams and end the connection at the
/// next. A client that hasn't read our settings knows no limit (RFC 9113, section 6.5.2) and does nothing wrong.
/// `GRPCConnection` refuses its excess calls one by one.
struct EarlySettings {
    private static let headerLength = 9
    /// A SETTINGS frame with the ACK flag.
    private static let acknowledgement: [UInt8] = [0, 0, 0, 4, 1, 0, 0, 0, 0]

    /// Bytes left of the preface's first line, or of a frame.
    private var toPass = 24
    private var framesBegun = 0
    private var header = ByteBuffer()
    private var isInjected = false
    /// Whether everything is passed on unchanged from now on.
    private(set) var isOver = false

    init() {}

    /// Returns what to pass to the handler for bytes from the client.
    mutating func filter(_ bytes: ByteBuffer) -> ByteBuffer {
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
