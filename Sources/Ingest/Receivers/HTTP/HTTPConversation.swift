internal import NIOCore
internal import NIOHTTP1

/// An HTTP/1 connection, between its decoder and the responder. Handles one request at a time, until its reply is
/// complete.
///
/// Whatever arrives meanwhile waits here, and reading stops. So replies stay in order, an idle connection has no work
/// pending, and each request is checked only when its turn comes.
final class HTTPConversation: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum Arrival {
        case part(HTTPServerRequestPart)
        case error(any Error)
        case inputClosed
    }

    private let deadlines: HTTPDeadlines
    private let listener: HTTPListener
    /// Arrivals after the request that is being answered.
    private var waiting = CircularBuffer<Arrival>(initialCapacity: 0)
    private var isReadWithheld = false
    private var isInputClosed = false
    private var exchange: HTTPExchange?
    /// Whether to ignore all further input and output.
    private var isOver = false

    init(_ deadlines: HTTPDeadlines, listener: HTTPListener) {
        self.deadlines = deadlines
        self.listener = listener
    }

    private var isAnswering: Bool { exchange?.isRequestComplete ?? false }
    private var hasToWait: Bool { isAnswering || !waiting.isEmpty }
    private var isIdle: Bool { exchange == nil && waiting.isEmpty && deadlines.isWaiting }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        let part = unwrapInboundIn(data)
        if hasToWait { waiting.append(.part(part)) } else { take(part, context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // Keep reading: if the client is still sending, it should receive the reply, not a connection reset.
        if isOver { context.read() }
        context.fireChannelReadComplete()
    }

    func read(context: ChannelHandlerContext) {
        if hasToWait, !isOver { isReadWithheld = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        isOver = true
        waiting.removeAll()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // These mean that the client has gone.
        guard !(error is IOError || error is ChannelError) else { return context.fireErrorCaught(error) }
        guard !isOver else { return }
        if hasToWait { waiting.append(.error(error)) } else { refuse(error, context) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as ChannelEvent where event == .inputClosed:
            isInputClosed = true
            if isOver {
                context.close(promise: nil)
            } else if waiting.isEmpty {
                context.fireUserInboundEventTriggered(event)
            } else {
                waiting.append(.inputClosed)
            }
        case is ConnectionReplaced:
            makeRoom(context)
        case is ChannelShouldQuiesceEvent:
            if exchange == nil, !isOver { context.close(promise: nil) } else { exchange?.isLast = true }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let reply = exchange?.reply
        guard !isOver, reply == HTTPExchange.Reply.none || reply == .begun else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        deadlines.enter(.sending)
        var part = unwrapOutboundIn(data)
        switch part {
        case .head(var head):
            exchange?.begin(&head, date: listener.date.now)
            part = .head(head)
        case .body: break
        case .end: exchange?.reply = .complete
        }
        // Without this, the encoder would terminate a chunked body.
        if exchange?.isHead == true, !part.isHead { part = .body(.byteBuffer(ByteBuffer())) }
        written.futureResult.assumeIsolated().whenSuccess { [self] in
            if exchange?.reply == .complete { sent(context) } else { deadlines.enter(.reply) }
        }
        context.write(wrapOutboundOut(part), promise: written)
    }
}

// MARK: - Requests
extension HTTPConversation {
    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head(var head):
            let begun = HTTPExchange(head)
            if let error = HTTPHeadCheck.error(in: &head, isTLS: listener.socket.access.isTLS) {
                return refuse(error, context, isHead: begun.isHead)
            }
            exchange = begun
            deadlines.enter(.body)
            listener.socket.connections.note(context.channel, .busy)
            if isAwaitingConsent(head) {
                let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(goOn)), promise: nil)
            }
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body:
            context.fireChannelRead(wrapInboundOut(part))
        case .end:
            exchange?.isRequestComplete = true
            context.fireChannelRead(wrapInboundOut(part))
            switch exchange?.reply {
            case nil, .begun?, .complete?: break
            case HTTPExchange.Reply.none?: deadlines.enter(.reply)
            case .sent?: takeNext(context)
            }
        }
    }

    /// Whether the client waits for 100 Continue before it sends the body; curl waits for a second (RFC 9110, section
    /// 10.1.1).
    private func isAwaitingConsent(_ head: HTTPRequestHead) -> Bool {
        guard head.version != .http1_0, head.headers.first(name: "expect")?.lowercased() == "100-continue" else {
            return false
        }
        return listener.isBodyWanted(head)
    }

    /// The socket has taken the whole reply.
    private func sent(_ context: ChannelHandlerContext) {
        exchange?.reply = .sent
        guard let exchange, !isOver else { return }
        if exchange.isLast || isInputClosed && waiting.isEmpty {
            finish(context)
        } else if exchange.isRequestComplete {
            takeNext(context)
        } else {
            // The rest of the body isn't needed, but it precedes the next request.
            deadlines.enter(.body)
        }
    }

    private func takeNext(_ context: ChannelHandlerContext) {
        exchange = nil
        deadlines.enter(.idle)
        listener.socket.connections.note(context.channel, .idle)
        let hasWaited = !waiting.isEmpty
        while !isAnswering, let next = waiting.popFirst() {
            switch next {
            case .part(let part): take(part, context)
            case .error(let error): refuse(error, context)
            case .inputClosed: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
            }
        }
        if hasWaited { context.fireChannelReadComplete() }
        if isReadWithheld, !hasToWait {
            isReadWithheld = false
            context.read()
        }
    }
}

// MARK: - Ends
extension HTTPConversation {
    private func refuse(_ error: any Error, _ context: ChannelHandlerContext) {
        let error = HTTPRequestError(error, opening: deadlines.opening, limits: listener.socket.limits)
        refuse(error, context, isHead: false)
        // So that the responder stops waiting for the body.
        context.fireErrorCaught(error)
    }

    /// Replies with the error, unless a reply has begun, and ends the connection.
    private func refuse(_ error: HTTPRequestError, _ context: ChannelHandlerContext, isHead: Bool) {
        if !deadlines.isOver {
            deadlines.isOver = true
            listener.socket.service.refused(
                transport: listener.socket.transport, reason: error.reason, peer: context.remoteAddress,
                explanation: error.message)
        }
        waiting.removeAll()
        switch exchange?.reply {
        case .begun?, .complete?: exchange?.isLast = true
        case .sent?: finish(context)
        case nil, HTTPExchange.Reply.none?:
            isOver = true
            deadlines.enter(.sending)
            let (head, body) = listener.reply(to: error)
            context.write(wrapOutboundOut(.head(head)), promise: nil)
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.assumeIsolated().whenSuccess { [self] in finish(context) }
            context.writeAndFlush(
                wrapOutboundOut(.body(.byteBuffer(isHead ? ByteBuffer() : body))), promise: written)
        }
    }

    /// Ends the connection, but gives the client time to read the reply.
    private func finish(_ context: ChannelHandlerContext) {
        isOver = true
        deadlines.isOver = true
        waiting.removeAll()
        deadlines.enter(.closing)
        listener.socket.connections.note(context.channel, .idle)
        guard !isInputClosed else { return context.close(promise: nil) }
        context.close(mode: .output, promise: nil)
        context.read()
    }

    /// Closes the connection to make room for a new one, unless it turns out to be busy once everything that has
    /// arrived is read.
    private func makeRoom(_ context: ChannelHandlerContext) {
        guard !isOver else { return context.close(promise: nil) }
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(1)) { [self] in
            guard context.channel.isActive, !isOver else { return }
            guard isIdle else { return listener.socket.connections.keep(context.channel) }
            listener.socket.service.refused(
                transport: listener.socket.transport, reason: .connections, peer: context.remoteAddress)
            isOver = true
            context.close(promise: nil)
        }
    }
}

extension HTTPServerResponsePart {
    fileprivate var isHead: Bool { if case .head = self { true } else { false } }
}

/// Progress of a request and its reply.
struct HTTPExchange {
    enum Reply: Equatable {
        case none
        case begun
        /// Completely written.
        case complete
        /// Completely taken by the socket.
        case sent
    }

    private let version: HTTPVersion
    /// A reply to HEAD has no body, whatever its header fields say.
    let isHead: Bool
    /// Whether the connection ends after this exchange.
    var isLast: Bool
    var isRequestComplete = false
    var reply = Reply.none

    init(_ head: HTTPRequestHead) {
        version = head.version
        isHead = head.method == .HEAD
        isLast = !head.isKeepAlive || HTTPHeadCheck.isUpgrade(head)
    }

    /// Records the reply's head and adapts it to the request's HTTP version.
    mutating func begin(_ head: inout HTTPResponseHead, date: String) {
        reply = .begun
        if head.headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "close" }) { isLast = true }
        if version == .http1_0 {
            // HTTP/1.0 has no chunks: a body of unknown length ends with the connection.
            head.version = version
            if !head.headers.contains(name: "content-length") { isLast = true }
            if !isLast { head.headers.replaceOrAdd(name: "Connection", value: "keep-alive") }
        }
        if isLast { head.headers.replaceOrAdd(name: "Connection", value: "close") }
        head.headers.replaceOrAdd(name: "Date", value: date)
    }
}
