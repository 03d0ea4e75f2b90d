import NIOCore

/// Messages behind their length, answered in their order by five bytes each.
final class PlainWire: Wire {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let answerLength = 5

    private let connection: LoadConnection
    private var context: ChannelHandlerContext?
    private var tickets = CircularBuffer<Int>()
    private var answerBytes = 0

    init(_ connection: LoadConnection) {
        self.connection = connection
    }

    func send(_ request: ReadyRequest, ticket: Int) {
        tickets.append(ticket)
        context?.write(wrapOutboundOut(WireKind.plain.body(of: request)), promise: nil)
    }

    func flush() {
        context?.flush()
    }

    // MARK: What comes back

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
        answerBytes += unwrapInboundIn(data).readableBytes
        while answerBytes >= Self.answerLength, let ticket = tickets.popFirst() {
            answerBytes -= Self.answerLength
            connection.answered(ticket, .accepted)
        }
        connection.proceed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.closed()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        connection.failed(error)
        context.close(promise: nil)
    }
}
