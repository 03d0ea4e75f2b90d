import NIOCore
import NIOHPACK
import NIOHTTP2

/// `TraceService/Export` on the frames of one HTTP/2 connection.
final class GRPCWire: Wire {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private let connection: LoadConnection
    private let headers: HPACKHeaders
    private let frameBytes: Int
    private var context: ChannelHandlerContext?
    private var lastStream = -1
    private var calls: [HTTP2StreamID: Call] = [:]
    private var isGreeted = false
    private(set) var requestsMax = Int.max

    private struct Call {
        var ticket: Int
        var answer = ByteBuffer()
    }

    /// Large enough that it rarely needs an update; answers are small and read at once.
    private static let window = 1 << 30

    init(_ connection: LoadConnection, isGzip: Bool, frameBytes: Int) {
        self.connection = connection
        self.frameBytes = frameBytes
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": "http",
            ":path": "/opentelemetry.proto.collector.trace.v1.TraceService/Export", ":authority": "faultline",
            "content-type": "application/grpc", "te": "trailers", "user-agent": "faultline-load",
        ]
        if isGzip { headers.add(name: "grpc-encoding", value: "gzip") }
        self.headers = headers
    }

    static func install(_ wire: GRPCWire, on channel: any Channel) throws {
        // A Go server sends a PING with nearly every request, to measure bandwidth. swift-nio-http2 acknowledges each, but
        // by default it takes 200 of them in half a minute for a flood.
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.controlFrameRateLimit.maximumCount = .max
        // A daemon that refuses early resets the stream of each refused call.
        var streams = NIOHTTP2Handler.StreamConfiguration()
        streams.streamResetFrameRateLimit.maximumCount = .max
        try channel.pipeline.syncOperations.addHandlers(
            NIOHTTP2Handler(mode: .client, connectionConfiguration: connection, streamConfiguration: streams), wire)
    }

    func send(_ request: ReadyRequest, ticket: Int) {
        lastStream += 2
        let stream = HTTP2StreamID(lastStream)
        calls[stream] = Call(ticket: ticket)
        write(stream, .headers(.init(headers: headers)))
        var message = WireKind.grpc.body(of: request)
        while let part = message.readSlice(length: min(frameBytes, message.readableBytes)) {
            let isLast = message.readableBytes == 0
            write(stream, .data(.init(data: .byteBuffer(part), endStream: isLast)))
            if isLast { break }
        }
    }

    func flush() {
        context?.flush()
    }

    private func write(_ stream: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) {
        context?.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }

    // MARK: Received events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        write(.rootStream, .windowUpdate(windowSizeIncrement: Self.window))
        context.flush()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.payload {
        case .settings(.settings(let settings)):
            if let limit = settings.last(where: { $0.parameter == .maxConcurrentStreams }) {
                requestsMax = limit.value
            }
            // The server's limits are known from here on.
            guard !isGreeted else { return }
            isGreeted = true
            connection.opened(self)
        case .headers(let payload) where payload.endStream:
            finish(frame.streamID, payload.headers)
        case .data(let payload):
            guard case .byteBuffer(var part) = payload.data else { return }
            calls[frame.streamID]?.answer.writeBuffer(&part)
        case .goAway(_, let reason, _):
            connection.closing(self, isFailure: reason != .noError)
        default: break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        connection.proceed()
        context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case let event as StreamClosedEvent:
            if let call = calls.removeValue(forKey: event.streamID) { connection.answered(call.ticket, .lost) }
        case let event as NIOHTTP2WindowUpdatedEvent where event.streamID == .rootStream:
            guard let left = event.inboundWindowSize, left < Self.window / 2 else { break }
            write(.rootStream, .windowUpdate(windowSizeIncrement: Self.window - left))
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.closed(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed(error)
        context.close(promise: nil)
    }

    private func finish(_ stream: HTTP2StreamID, _ trailers: HPACKHeaders) {
        guard var call = calls.removeValue(forKey: stream) else { return }
        switch trailers.first(name: "grpc-status") {
        case "0":
            call.answer.moveReaderIndex(forwardBy: min(ReadyRequest.prefixLength, call.answer.readableBytes))
            connection.answered(call.ticket, Answer(response: call.answer))
        case .some(let status):
            connection.answered(call.ticket, .refused("gRPC status \(status)"))
        case nil:
            let status = trailers.first(name: ":status") ?? "?"
            connection.answered(call.ticket, .refused("HTTP status \(status) instead of a gRPC status"))
        }
    }
}
