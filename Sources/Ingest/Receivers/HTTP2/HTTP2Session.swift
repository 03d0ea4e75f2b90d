internal import CNGHTTP2
import NIOCore

/// The server's side of an HTTP/2 connection (RFC 9113): libnghttp2's session, from bytes to bytes, without I/O.
///
/// libnghttp2 checks frames, headers and flow control, opens windows again when half of them is used, and answers SETTINGS and
/// PING. Admission limits memory, not these windows: a closed window would make a client wait instead of retrying elsewhere.
@safe
final class HTTP2Session {
    /// Lives as long as its session is used.
    unowned var events: (any HTTP2Events)?
    /// Why the connection can't go on. The last frames for the client are in the output.
    var failure: ConnectionFailure?
    /// The last frame that libnghttp2 found wrong.
    var invalidFrame: (stream: HTTP2StreamID, explanation: String)?
    let limits: ReceiverLimits
    private(set) var handle: OpaquePointer?

    /// What is being read, and where it is in memory.
    private var input: (bytes: ByteBuffer, start: UnsafeRawPointer)?
    /// The last part of a body, until it is known whether it ends its stream.
    private var held: (stream: HTTP2StreamID, chunk: ByteBuffer)?
    /// Replies that have yet to be written.
    var replies: [HTTP2StreamID: HTTP2Reply] = [:]
    /// The last one that the client has begun.
    var lastStream: HTTP2StreamID = 0
    var isInRequestHead = false
    var headBytes = 0

    init(_ limits: ReceiverLimits) {
        self.limits = limits
        unsafe (input, handle) = (nil, nil)
        let result = unsafe HTTP2Callbacks.withOptions(limits) { callbacks, options in
            let context = unsafe Unmanaged.passUnretained(self).toOpaque()
            return unsafe nghttp2_session_server_new2(&handle, callbacks, context, options)
        }
        precondition(result == 0, "no memory for an HTTP/2 session")
    }

    deinit {
        unsafe nghttp2_session_del(handle)
    }

    /// Announces the settings and opens the connection's window.
    func start() -> ByteBuffer {
        let settings = [
            // Of streams there may be any number for libnghttp2, which would end the connection if there were too many. The
            // events refuse calls one by one.
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue), value: UInt32(Int32.max)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: UInt32(clamping: limits.streamWindowBytes)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_FRAME_SIZE.rawValue),
                value: UInt32(clamping: limits.frameBytes)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(clamping: limits.headerBytes)),
        ]
        unsafe nghttp2_submit_settings(handle, 0, settings, settings.count)
        // It starts at 65,535 bytes regardless of the settings (RFC 9113, section 6.9.2).
        unsafe nghttp2_session_set_local_window_size(handle, 0, 0, Int32(clamping: limits.connectionWindowBytes))
        var output = takeOutput()
        // The first entry of the first frame: 9 bytes of header, then 2 of the setting's number.
        output.setInteger(UInt32(clamping: limits.streams), at: output.readerIndex + 11)
        return output
    }

    /// Reads bytes from the client. Ignores them once the session has failed.
    func receive(_ bytes: ByteBuffer) {
        guard failure == nil else { return }
        let result = unsafe bytes.withUnsafeReadableBytes { unread in
            guard let start = unread.baseAddress else { return 0 }
            unsafe input = (bytes, start)
            return unsafe nghttp2_session_mem_recv(handle, start.assumingMemoryBound(to: UInt8.self), unread.count)
        }
        passOnHeld(endOfStream: false)
        unsafe input = nil
        guard result < 0, failure == nil else { return }
        failure = ConnectionFailure(reason: Self.reason(Int32(result)), explanation: HTTP2Errors.text(Int32(result)))
        terminate(.enhanceYourCalm)
    }

    /// The frames for the client since the last call.
    func takeOutput() -> ByteBuffer {
        var output = ByteBuffer()
        var frame: UnsafePointer<UInt8>?
        while true {
            let count = unsafe nghttp2_session_mem_send(handle, &frame)
            guard count > 0 else { return output }
            unsafe output.writeBytes(UnsafeRawBufferPointer(start: frame, count: count))
        }
    }

    /// Ends the connection with a GOAWAY. What has been read of calls is not answered.
    func terminate(_ code: HTTP2ErrorCode) {
        unsafe nghttp2_session_terminate_session2(handle, 0, code.rawValue)
    }

    /// The reason for which libnghttp2 reads no further.
    private static func reason(_ error: Int32) -> RefusalReason {
        switch error {
        case NGHTTP2_ERR_FLOODED.rawValue: .controlFlood
        case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS.rawValue: .continuationFlood
        default: .protocolError
        }
    }
}

// Bodies
extension HTTP2Session {
    /// Takes a part of a body, which is in the input, without copying it.
    func hold(_ data: UnsafeRawPointer, count: Int, of stream: HTTP2StreamID) {
        passOnHeld(endOfStream: false)
        guard let (bytes, start) = unsafe input else { return }
        let offset = unsafe data - start
        guard let chunk = bytes.getSlice(at: bytes.readerIndex + offset, length: count) else { return }
        held = (stream, chunk)
    }

    /// Passes on what is held of a stream whose frame is complete.
    func endFrame(of stream: HTTP2StreamID, endOfStream: Bool) {
        if held?.stream == stream {
            passOnHeld(endOfStream: endOfStream)
        } else if endOfStream {
            events?.receive(ByteBuffer(), on: stream, endOfStream: true)
        }
    }

    private func passOnHeld(endOfStream: Bool) {
        guard let (stream, chunk) = held else { return }
        held = nil
        events?.receive(chunk, on: stream, endOfStream: endOfStream)
    }
}
