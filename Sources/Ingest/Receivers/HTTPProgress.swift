internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Tells `HTTPDeadlines` and `OpenConnections` which parts of requests and replies have passed, and counts requests that are no HTTP.
final class HTTPProgress: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let deadlines: HTTPDeadlines
    private let listener: HTTPListener

    init(_ deadlines: HTTPDeadlines, listener: HTTPListener) {
        self.deadlines = deadlines
        self.listener = listener
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            deadlines.enter(.body)
            listener.connections.note(context.channel, .busy)
            if isAwaitingConsent(head) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body: break
        case .end: deadlines.enter(.reply)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let isEnd = if case .end = unwrapOutboundIn(data) { true } else { false }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        deadlines.enter(.sending)
        written.futureResult.assumeIsolated().whenComplete { [deadlines, listener] _ in
            deadlines.enter(isEnd ? .idle : .reply)
            if isEnd { listener.connections.note(context.channel, .idle) }
        }
        context.write(data, promise: written)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Hummingbird answers with 400 and closes. An input or output error means that the client has gone.
        // One that is closed for another reason, or was refused already, leaves half a request behind: no second one.
        if !(error is IOError || error is ChannelError), !deadlines.isOver {
            deadlines.isOver = true
            listener.service.refused(
                transport: listener.transport, reason: .protocolError, peer: context.remoteAddress)
        }
        context.fireErrorCaught(error)
    }

    /// Whether the client waits for leave to send its body, as curl does for a second (RFC 9110, section 10.1.1).
    private func isAwaitingConsent(_ head: HTTPRequest) -> Bool {
        guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
        return listener.isBodyWanted(head)
    }
}
