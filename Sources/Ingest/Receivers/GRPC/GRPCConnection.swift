internal import NIOCore
internal import NIOHPACK
internal import NIOHTTP2
import OTLP

/// Serves the Export calls of one HTTP/2 connection.
///
/// It works on frames, right behind the HTTP/2 handler: swift-nio-http2's channel per stream would double the cost of a
/// small call. Everything runs on the connection's event loop, except the decoding of large bodies.
final class GRPCConnection: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    let limits: ReceiverLimits
    let service: any TraceService
    let follower: HTTP2Follower
    /// This connection's share of the bytes in flight.
    private let admission: Admission
    private let reader: BodyReader
    private let errorDetector: ConnectionErrorDetector
    let connections: OpenConnections
    private let access: ListenerAccess
    private let peer: SocketAddress?
    private let seconds = EverySecond()

    var calls: [HTTP2StreamID: GRPCCall] = [:]
    var context: ChannelHandlerContext?
    /// Seconds since the connection began.
    var now: UInt64 = 0
    var watch = ConnectionWatch()
    var departure: Departure?
    var lastStream = HTTP2StreamID.rootStream
    /// Whether the client's GOAWAY has had its turn. The follower knows of it earlier, while calls that were read together
    /// with it have yet to begin.
    private var isGoodbyeRead = false
    private var large = LargeMessages()

    /// Messages for `DecodePool`.
    private struct LargeMessages {
        var waiting: [(stream: HTTP2StreamID, call: GRPCCall, message: ByteBuffer, isGzip: Bool)] = []
        var isDecoding = false
    }

    init(
        limits: ReceiverLimits, admission: Admission, service: any TraceService, connections: OpenConnections,
        access: ListenerAccess, peer: SocketAddress?, follower: HTTP2Follower, errorDetector: ConnectionErrorDetector
    ) {
        self.limits = limits
        self.admission = Admission(limit: limits.connectionBytesInFlight, of: admission)
        self.connections = connections
        self.access = access
        self.peer = peer
        self.service = service
        self.follower = follower
        self.errorDetector = errorDetector
        reader = BodyReader(service: service, transport: .grpc, limits: limits, peer: peer)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        follower.onMisuse = { [weak self] reason in self?.close(reason) }
    }

    func channelActive(context: ChannelHandlerContext) {
        // A connection's window starts at 65,535 bytes regardless of the settings (RFC 9113, section 6.9.2).
        grant(limits.connectionWindowBytes - 65_535, on: .rootStream)
        context.flush()
        seconds.start(self, on: context.eventLoop)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        seconds.stop()
        calls.removeAll()
        large.waiting.removeAll()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        seconds.stop()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .headers(let payload):
            if calls[frame.streamID] == nil {
                begin(frame.streamID, payload.headers)
            }
            if payload.endStream { receive(ByteBuffer(), on: frame.streamID, endOfStream: true) }
        case .data(let payload):
            guard case .byteBuffer(let chunk) = payload.data else { return }
            receive(chunk, on: frame.streamID, endOfStream: payload.endStream)
        case .ping(Self.shutdownPing, ack: true):
            departure?.isKnown = true
            continueLeaving()
        default:
            // The HTTP/2 handler deals with settings, other pings, windows and resets.
            if case .goAway = frame.payload { isGoodbyeRead = true }
            if isGoodbyeRead, follower.isLeft, calls.isEmpty { context.close(promise: nil) }
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        // Most frequent first: two of them come with each DATA frame, and every cast takes time.
        case let event as NIOHTTP2WindowUpdatedEvent:
            replenish(event)
        case let event as StreamClosedEvent:
            let wasLast = calls.removeValue(forKey: event.streamID) != nil && calls.isEmpty
            if wasLast {
                connections.note(context.channel, .idle)
                if departure?.isKnown == true { continueLeaving() }
            }
        case is ConnectionReplaced:
            makeRoom()
        case is ChannelShouldQuiesceEvent:
            leave(patience: limits.graceSeconds)
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isDisconnected = error is IOError || error is ChannelError
        // The HTTP/2 handler has reset the stream.
        if !isDisconnected, !errorDetector.isFailed { refused(.streamError) }
        if isDisconnected {
            context.close(promise: nil)
        } else if errorDetector.isFailed {
            close(HTTP2Protection.reason(error))
        }
    }

    /// Closes the connection immediately.
    func close(_ reason: RefusalReason) {
        refused(reason)
        context?.close(promise: nil)
    }

    func refused(_ reason: RefusalReason) {
        service.refused(transport: .grpc, reason: reason, peer: peer)
    }

    /// The HTTP/2 handler flushes once after all frames that were read together.
    func write(_ stream: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) {
        guard let context else { return }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }

    /// Reopens a receive window when half of it is used. Admission limits memory, not these windows: a closed window
    /// would make a client wait instead of retrying elsewhere.
    private func replenish(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let left = event.inboundWindowSize else { return }
        let isConnection = event.streamID == .rootStream
        let full = isConnection ? limits.connectionWindowBytes : limits.streamWindowBytes
        guard left < full / 2, isConnection || calls[event.streamID]?.isReceiving == true else { return }
        grant(full - left, on: event.streamID)
    }

    private func grant(_ bytes: Int, on stream: HTTP2StreamID) {
        guard bytes > 0 else { return }
        write(stream, .windowUpdate(windowSizeIncrement: min(bytes, Int(Int32.max))))
    }
}

// MARK: - Calls
extension GRPCConnection {
    private func begin(_ stream: HTTP2StreamID, _ headers: HPACKHeaders) {
        if calls.isEmpty, let channel = context?.channel { connections.note(channel, .busy) }
        lastStream = max(lastStream, stream)
        guard calls.count < limits.streams else { return refuseStream(stream) }
        do throws(GRPCHeadError) {
            if let reason = access.refusal(headers.first(name: "authorization")) {
                throw GRPCHeadError.status(RPCStatus(.unauthenticated, reason.hintForToken), reason)
            }
            let head = try GRPCRequestHead(headers)
            let patience = min(limits.bodySeconds, head.timeoutSeconds ?? limits.bodySeconds)
            calls[stream] = GRPCCall(
                head.compression, limits: limits, admission: admission, deadline: deadline(in: patience))
        } catch {
            calls[stream] = GRPCCall(answeredUntil: deadline(in: limits.replySeconds))
            switch error {
            case .status(let status, let reason): refuse(stream, status, reason)
            case .http(let status, let reason):
                refused(reason)
                endEarly(stream, GRPCReply.plain(status: status))
            }
        }
    }

    private func receive(_ chunk: ByteBuffer, on stream: HTTP2StreamID, endOfStream: Bool) {
        guard let call = calls[stream] else { return }
        switch call.receive(chunk, endOfStream: endOfStream, limits: limits) {
        case .wait: break
        case .refuse(let status, let reason): refuse(stream, status, reason)
        case .message(let message, let isGzip):
            if let result = reader.takeIfSmall(message, isGzip: isGzip, encoding: .protobuf) {
                return finish(stream, call, result)
            }
            large.waiting.append((stream, call, message, isGzip))
            decodeNextLarge()
        }
    }

    private func finish(_ stream: HTTP2StreamID, _ call: GRPCCall, _ result: BodyReader.Result) {
        switch result {
        case .exported(let export): answer(stream, call, export)
        case .tooLarge: refuse(stream, .tooLarge(limit: limits.bodyBytes), .tooLarge)
        case .badRatio: refuse(stream, .badRatio(limit: limits.compressionRatio), .compressionRatio)
        case .badGzip:
            refuse(stream, RPCStatus(.invalidArgument, "the message is not valid gzip"), .badGzip)
        }
    }

    /// Decodes a connection's large messages one at a time, so that it can't block others. A call, and what it has
    /// reserved, lives as long as its message.
    private func decodeNextLarge() {
        guard !large.isDecoding, let loop = context?.eventLoop else { return }
        large.waiting.removeAll { calls[$0.stream] !== $0.call || !$0.call.isReceiving }
        guard !large.waiting.isEmpty else { return }
        let (stream, call, message, isGzip) = large.waiting.removeFirst()
        large.isDecoding = true
        let bound = NIOLoopBound((connection: self, call: call), eventLoop: loop)
        DecodePool.run { [reader] in
            reader.take(message, isGzip: isGzip, encoding: .protobuf)
        } done: { result in
            loop.execute {
                let (connection, call) = bound.value
                connection.large.isDecoding = false
                if connection.calls[stream] === call, call.isReceiving { connection.finish(stream, call, result) }
                connection.decodeNextLarge()
                connection.context?.flush()
            }
        }
    }

    /// Refuses a call above the announced number of streams (RFC 9113, section 5.1.2). The client may retry it.
    private func refuseStream(_ stream: HTTP2StreamID) {
        refused(.streams)
        follower.budget.chargeForRefusedCall()
        write(stream, .rstStream(.refusedStream))
    }

    /// Answers at once, or after the promised write to disk. The call's deadline applies meanwhile.
    private func answer(_ stream: HTTP2StreamID, _ call: GRPCCall, _ export: Export) {
        guard let durability = export.durability, let loop = context?.eventLoop else {
            return answer(stream, call, export.outcome)
        }
        let bound = NIOLoopBound((connection: self, call: call), eventLoop: loop)
        durability.whenComplete { isOnDisk in
            loop.execute {
                let (connection, call) = bound.value
                guard connection.calls[stream] === call, call.isReceiving else { return }
                if !isOnDisk { connection.refused(.archiveWrite) }
                connection.answer(stream, call, isOnDisk ? export.outcome : Export.notOnDisk)
                connection.context?.flush()
            }
        }
    }

    private func answer(_ stream: HTTP2StreamID, _ call: GRPCCall, _ outcome: ExportOutcome) {
        call.answered(deadline: deadline(in: limits.replySeconds))
        switch outcome {
        case .accepted:
            succeed(stream, GRPCReply.acceptedMessage)
        case .partial(let rejected, let message):
            let body = ExportReply.partial(rejectedSpans: rejected, message: message, encoding: .protobuf)
            succeed(stream, GRPCReply.message(body))
        case .malformed(let message):
            endEarly(stream, GRPCReply.trailersOnly(RPCStatus(.invalidArgument, message)))
        case .unavailable(let seconds):
            endEarly(stream, GRPCReply.trailersOnly(.busy(retryAfterSeconds: seconds)))
        }
    }

    func refuse(_ stream: HTTP2StreamID, _ status: RPCStatus, _ reason: RefusalReason) {
        refused(reason)
        endEarly(stream, GRPCReply.trailersOnly(status))
    }

    private func succeed(_ stream: HTTP2StreamID, _ message: ByteBuffer) {
        write(stream, .headers(.init(headers: GRPCReply.head)))
        write(stream, .data(.init(data: .byteBuffer(message))))
        write(stream, .headers(.init(headers: GRPCReply.trailersOK, endStream: true)))
    }

    /// Ends a call with headers only. If the client is still sending, tells it to stop, not that it has failed (RFC
    /// 9113, section 8.1).
    private func endEarly(_ stream: HTTP2StreamID, _ headers: HPACKHeaders) {
        calls[stream]?.answered(deadline: deadline(in: limits.replySeconds))
        write(stream, .headers(.init(headers: headers, endStream: true)))
        // A stream that both sides have ended is closed and no longer in `calls`.
        if calls[stream] != nil { write(stream, .rstStream(.noError)) }
    }

    func deadline(in seconds: Int) -> UInt64 {
        // One more, because the current second has already begun.
        now + UInt64(clamping: seconds) + 1
    }
}
