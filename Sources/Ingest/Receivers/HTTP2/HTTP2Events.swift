import NIOCore

typealias HTTP2StreamID = Int32

/// Error codes of RFC 9113, section 7.
enum HTTP2ErrorCode: UInt32 {
    case noError = 0
    case protocolError = 1
    case streamClosed = 5
    case refusedStream = 7
    case cancel = 8
    case enhanceYourCalm = 11
}

/// What a client does on its connection.
///
/// Called while the session reads or writes. Neither can be asked of it meanwhile, but replies and resets can be submitted.
protocol HTTP2Events: AnyObject {
    func requestBegins()
    func requestField(_ name: String, _ value: () -> String)
    func requestHeadEnds(_ stream: HTTP2StreamID, endOfStream: Bool)
    /// - Parameter chunk: a part of the request's body; empty if only the end has come.
    func receive(_ chunk: ByteBuffer, on stream: HTTP2StreamID, endOfStream: Bool)
    func streamClosed(_ stream: HTTP2StreamID)
    /// The session resets a stream for what the client did on it.
    func streamFails(_ explanation: String)
    func pingAcknowledged(_ payload: UInt64)
    /// The client has sent a GOAWAY.
    func goodbye()
}
