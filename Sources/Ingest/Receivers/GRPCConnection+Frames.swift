internal import NIOCore
internal import NIOHTTP2

extension GRPCConnection {
    /// What is written while frames are being read is flushed by the HTTP/2 handler, once for all of them.
    func write(_ stream: HTTP2StreamID, _ payload: HTTP2Frame.FramePayload) {
        guard let context else { return }
        context.write(wrapOutboundOut(HTTP2Frame(streamID: stream, payload: payload)), promise: nil)
    }

    /// Opens a receive window again when half of it is used. Bytes are taken in as they come: it's admission that
    /// bounds memory, since a closed window would make a client wait and not try again elsewhere.
    func replenish(_ event: NIOHTTP2WindowUpdatedEvent) {
        guard let left = event.inboundWindowSize else { return }
        let isConnection = event.streamID == .rootStream
        let full = isConnection ? limits.connectionWindowBytes : limits.streamWindowBytes
        guard left < full / 2, isConnection || calls[event.streamID]?.isReceiving == true else { return }
        grant(full - left, on: event.streamID)
    }

    func grant(_ bytes: Int, on stream: HTTP2StreamID) {
        guard bytes > 0 else { return }
        write(stream, .windowUpdate(windowSizeIncrement: min(bytes, Int(Int32.max))))
    }
}
