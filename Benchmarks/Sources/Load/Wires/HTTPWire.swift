import NIOCore
import NIOHTTP1

/// `POST /v1/traces` on one HTTP/1.1 connection, one request at a time.
final class HTTPWire: Wire {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    let requestsMax = 1

    private let connection: LoadConnection
    private let headers: HTTPHeaders
    private var context: ChannelHandlerContext?
    private var ticket: Int?
    private var status = HTTPResponseStatus.ok
    private var answer = ByteBuffer()

    init(_ connection: LoadConnection, isGzip: Bool) {
        self.connection = connection
        var headers: HTTPHeaders = [
            "host": "faultline", "user-agent": "faultline-load", "content-type": "application/x-protobuf",
        ]
        if isGzip { headers.add(name: "content-encoding", value: "gzip") }
        self.headers = headers
    }

    static func install(_ wire: HTTPWire, on channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(wire)
    }

    func send(_ request: ReadyRequest, ticket: Int) {
        guard let context else { return }
        self.ticket = ticket
        let body = WireKind.http.body(of: request)
        var headers = headers
        headers.add(name: "content-length", value: String(body.readableBytes))
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/v1/traces", headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    // MARK: Received events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        connection.opened(self)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            status = head.status
            if !head.isKeepAlive { connection.closing(self) }
        case .body(var part):
            answer.writeBuffer(&part)
        case .end:
            guard let ticket else { return }
            self.ticket = nil
            connection.answered(
                ticket, status == .ok ? Answer(response: answer) : .refused("HTTP status \(status.code)"))
            answer.clear()
            connection.proceed()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed(error)
        context.close(promise: nil)
    }
}
