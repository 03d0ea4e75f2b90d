internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Tells `HTTPDeadlines` which parts of requests and replies have passed, and counts requests that are no HTTP.
final class HTTPProgress: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let deadlines: HTTPDeadlines
    private let limits: ReceiverLimits
    private let service: any TraceService

    init(_ deadlines: HTTPDeadlines, limits: ReceiverLimits, service: any TraceService) {
        self.deadlines = deadlines
        self.limits = limits
        self.service = service
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            deadlines.enter(.body)
            if isAwaitingConsent(head) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body: break
        case .end: deadlines.enter(.reply)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .end = unwrapOutboundIn(data) else { return context.write(data, promise: promise) }
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [deadlines] _ in deadlines.enter(.idle) }
        context.write(data, promise: written)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Hummingbird answers with 400 and closes. An input or output error means that the client has gone.
        if !(error is IOError || error is ChannelError) {
            service.refused(transport: .http, reason: .protocolError)
        }
        context.fireErrorCaught(error)
    }

    /// Whether the client waits for leave to send its body, as curl does for a second (RFC 9110, section 10.1.1).
    private func isAwaitingConsent(_ head: HTTPRequest) -> Bool {
        guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return false }
        return (try? HTTPExportHead(head, limits: limits)) != nil
    }
}
