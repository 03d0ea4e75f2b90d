internal import NIOCore
import OTLP

/// Serves the Export calls of one HTTP/2 connection. Everything runs on the connection's event loop, except the decoding of
/// large bodies.
final class GRPCConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let limits: ReceiverLimits
    let service: any TraceService
    var follower: HTTP2Follower
    let session: HTTP2Session
    /// This connection's share of the bytes in flight.
    private let admission: Admission
    private let reader: BodyReader
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
    /// The fields of the request that begins.
    var fields = GRPCRequestFields()
    private var isBusy = false
    var hasGoodbyeCome = false
    private(set) var isClosed = false
    private var large = LargeMessages()

    /// Messages for `DecodePool`.
    private struct LargeMessages {
        var waiting: [(stream: HTTP2StreamID, call: GRPCCall, message: ByteBuffer, isGzip: Bool)] = []
        var isDecoding = false
    }

    init(
        limits: ReceiverLimits, admission: Admission, service: any TraceService, connections: OpenConnections,
        access: ListenerAccess, peer: SocketAddress?
    ) {
        self.limits = limits
        self.admission = Admission(limit: limits.connectionBytesInFlight, of: admission)
        self.connections = connections
        self.access = access
        self.peer = peer
        self.service = service
        follower = HTTP2Follower(limits)
        session = HTTP2Session(limits)
        reader = BodyReader(service: service, transport: .grpc, limits: limits, peer: peer)
        session.events = self
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(session.start()), promise: nil)
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
        guard !isClosed else { return }
        var bytes = unwrapInboundIn(data)
        if let failure = follower.follow(&bytes) { return close(failure.reason, failure.explanation) }
        session.receive(bytes)
        // Calls that are being answered have until the next second: their client has yet to read.
        let isLeft = hasGoodbyeCome && calls.isEmpty
        settle()
        if isLeft { close() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ConnectionReplaced: makeRoom()
        case is ChannelShouldQuiesceEvent: leave(patience: limits.graceSeconds)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The socket's.
        close()
    }

    func settleAndFlush() {
        settle()
        context?.flush()
    }

    /// Writes what the session has to say, and draws the conclusions. Follows whatever has changed the session.
    func settle() {
        guard !isClosed else { return }
        write()
        if let failure = session.failure { return close(failure.reason, failure.explanation) }
        if let reason = follower.budget.exceeded { return close(reason) }
        if isBusy, calls.isEmpty {
            isBusy = false
            if let channel = context?.channel { connections.note(channel, .idle) }
        }
        if departure?.isKnown == true { continueLeaving() }
    }

    private func write() {
        let output = session.takeOutput()
        guard output.readableBytes > 0, let context else { return }
        context.write(wrapOutboundOut(output), promise: nil)
    }

    /// Closes the connection immediately, and says why.
    func close(_ reason: RefusalReason, _ explanation: String? = nil) {
        guard !isClosed else { return }
        refused(reason, explanation)
        if session.failure == nil { session.terminate(Self.code(of: reason)) }
        close()
    }

    private static func code(of reason: RefusalReason) -> HTTP2ErrorCode {
        switch reason {
        case .tls, .http1, .protocolError: .protocolError
        default: .enhanceYourCalm
        }
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        write()
        context?.flush()
        context?.close(promise: nil)
    }

    func refused(_ reason: RefusalReason, _ explanation: String? = nil) {
        service.refused(transport: .grpc, reason: reason, peer: peer, explanation: explanation)
    }
}

// MARK: - Calls
extension GRPCConnection {
    func begin(_ stream: HTTP2StreamID) {
        guard calls.count < limits.streams else { return refuseStream(stream) }
        if !isBusy, let channel = context?.channel {
            isBusy = true
            connections.note(channel, .busy)
        }
        do throws(GRPCHeadError) {
            if let reason = access.refusal(fields.authorization) {
                throw GRPCHeadError.status(RPCStatus(.unauthenticated, reason.hintForToken), reason)
            }
            let head = try GRPCRequestHead(fields)
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

    func receive(_ chunk: ByteBuffer, on stream: HTTP2StreamID, endOfStream: Bool) {
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
                connection.settleAndFlush()
            }
        }
    }

    /// Refuses a call above the announced number of streams (RFC 9113, section 5.1.2). The client may retry it.
    private func refuseStream(_ stream: HTTP2StreamID) {
        refused(.streams)
        follower.budget.chargeForRefusedCall()
        session.reset(stream, .refusedStream)
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
                connection.settleAndFlush()
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
        refused(reason, status.explanation)
        endEarly(stream, GRPCReply.trailersOnly(status))
    }

    private func succeed(_ stream: HTTP2StreamID, _ message: ByteBuffer) {
        session.respond(
            stream, GRPCReply.headOK, HTTP2Reply(message: message, trailers: GRPCReply.trailersOK))
    }

    /// Ends a call with headers only.
    private func endEarly(_ stream: HTTP2StreamID, _ fields: [HTTP2Field]) {
        calls[stream]?.answered(deadline: deadline(in: limits.replySeconds))
        session.respond(stream, fields)
    }

    func deadline(in seconds: Int) -> UInt64 {
        // One more, because the current second has already begun.
        now + UInt64(clamping: seconds) + 1
    }
}
