import NIOCore
import SpanTemplates

/// One open connection of a protocol. It reports to its `LoadConnection` when it may send, and what was answered.
protocol Wire: ChannelInboundHandler {
    /// Concurrent requests that the protocol and the server allow.
    var requestsMax: Int { get }
    /// Sends a request; `ticket` identifies it in the answer.
    func send(_ request: ReadyRequest, ticket: Int)
    func flush()
}

/// The supported protocols.
enum WireKind: String, Sendable, CaseIterable {
    case grpc
    case http
    /// Each message after its length in four bytes, any five bytes in answer: the least that a receiver can cost.
    case plain

    /// The message with as much of gRPC's prefix as the protocol needs.
    func body(of request: ReadyRequest) -> ByteBuffer {
        var body = request.message
        switch self {
        case .grpc: break
        case .http: body.moveReaderIndex(forwardBy: ReadyRequest.prefixLength)
        case .plain: body.moveReaderIndex(forwardBy: 1)
        }
        return body
    }
}

/// Messages after their length, answered in order by five bytes each.
final class PlainWire: Wire {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let answerLength = 5

    let requestsMax = Int.max

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
        answerBytes += unwrapInboundIn(data).readableBytes
        while answerBytes >= Self.answerLength, let ticket = tickets.popFirst() {
            answerBytes -= Self.answerLength
            connection.answered(ticket, .accepted)
        }
        connection.proceed()
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

/// The outcome of a request.
enum Answer: Sendable {
    case accepted
    /// The request was accepted, but not all of its spans.
    case partial(rejectedSpans: Int)
    /// The status as shown: `gRPC status 14`.
    case refused(String)
    /// The stream or connection ended without an answer.
    case lost

    /// Reads an `ExportTraceServiceResponse`: `partial_success` (1) with `rejected_spans` (1).
    init(response: ByteBuffer) {
        let bytes = Array(response.readableBytesView)
        var rejected = 0
        do throws(WireError) {
            try WireFields.each(1, of: bytes, 0..<bytes.count) { (partial) throws(WireError) in
                var fields = WireFields(bytes, partial)
                while let field = try fields.next() {
                    guard field.number == 1, field.type == 0 else { continue }
                    rejected = bytes[field.value].reversed().reduce(0) { $0 << 7 | Int($1 & 0x7F) }
                }
            }
            self = rejected == 0 ? .accepted : .partial(rejectedSpans: rejected)
        } catch {
            self = .refused("an answer that is not an ExportTraceServiceResponse")
        }
    }
}
