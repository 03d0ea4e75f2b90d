import NIOCore

/// One open connection in a protocol. It tells its `LoadConnection` when it may send and what was answered.
protocol Wire: ChannelInboundHandler {
    /// Sends a request; `ticket` comes back with the answer.
    func send(_ request: ReadyRequest, ticket: Int)
    func flush()
}

/// The protocols that can be spoken.
enum WireKind: String, Sendable, CaseIterable {
    case grpc
    case http
    /// Each message behind its length in four bytes, any five bytes in answer: what a receiver costs at the least.
    case plain

    /// Requests that a connection carries at once.
    var windowMax: Int { self == .http ? 1 : .max }

    /// The least of gRPC's prefix that the message itself is sent with.
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
