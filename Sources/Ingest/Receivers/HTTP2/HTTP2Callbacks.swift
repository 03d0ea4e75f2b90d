internal import CNGHTTP2

/// libnghttp2's callbacks. The context of each is its session.
@safe
enum HTTP2Callbacks {
    /// Shared by all sessions, and never freed.
    private nonisolated(unsafe) static let all: OpaquePointer? = {
        var callbacks: OpaquePointer?
        unsafe nghttp2_session_callbacks_new(&callbacks)
        unsafe nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, beginFrame)
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, beginHeaders)
        unsafe nghttp2_session_callbacks_set_on_header_callback(callbacks, header)
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, dataChunk)
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frameReceived)
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, invalidFrameReceived)
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frameSent)
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, streamClosed)
        return unsafe callbacks
    }()

    static func withOptions<Result>(
        _ limits: ReceiverLimits, _ use: (OpaquePointer?, OpaquePointer?) -> Result
    ) -> Result {
        var options: OpaquePointer?
        unsafe nghttp2_option_new(&options)
        defer { unsafe nghttp2_option_del(options) }
        // Remembering closed streams serves priorities only.
        unsafe nghttp2_option_set_no_closed_streams(options, 1)
        // An empty token makes `Bearer `, which deserves an answer.
        unsafe nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(options, 1)
        // `FrameBudget` stops floods of frames that need an answer, and of resets, before they are this large.
        unsafe nghttp2_option_set_max_outbound_ack(options, 3 * limits.controlFramesPerSecond)
        unsafe nghttp2_option_set_stream_reset_rate_limit(
            options, UInt64(2 * limits.resetsPer30Seconds), UInt64(limits.resetsPer30Seconds))
        return unsafe use(all, options)
    }

    private static func session(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<HTTP2Session>.fromOpaque(context).takeUnretainedValue()
    }

    private static func text(_ start: UnsafePointer<UInt8>?, _ count: Int) -> String {
        unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    // MARK: - Reading

    private static let beginFrame: nghttp2_on_begin_frame_callback = { _, head, context in
        guard let head = unsafe head?.pointee, UInt32(head.type) == NGHTTP2_HEADERS.rawValue else { return 0 }
        unsafe session(context)?.beginHeadersFrame(of: head.stream_id)
        return 0
    }

    private static let beginHeaders: nghttp2_on_begin_headers_callback = { _, frame, context in
        guard let session = unsafe session(context), let frame = unsafe frame else { return 0 }
        session.beginHeaders(
            of: unsafe frame.pointee.hd.stream_id,
            isRequest: unsafe frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST)
        return 0
    }

    private static let header: nghttp2_on_header_callback = { _, _, name, nameCount, value, valueCount, _, context in
        guard let session = unsafe session(context) else { return 0 }
        let isTaken = session.field(unsafe text(name, nameCount), count: valueCount) { unsafe text(value, valueCount) }
        return isTaken ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE.rawValue
    }

    private static let dataChunk: nghttp2_on_data_chunk_recv_callback = { _, _, stream, data, count, context in
        guard let session = unsafe session(context), let data = unsafe data else { return 0 }
        unsafe session.hold(UnsafeRawPointer(data), count: count, of: stream)
        return 0
    }

    private static let frameReceived: nghttp2_on_frame_recv_callback = { _, frame, context in
        guard let session = unsafe session(context), let frame = unsafe frame else { return 0 }
        let head = unsafe frame.pointee.hd
        let endOfStream = UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
        switch UInt32(head.type) {
        case NGHTTP2_DATA.rawValue: session.endFrame(of: head.stream_id, endOfStream: endOfStream)
        case NGHTTP2_HEADERS.rawValue: session.endHeaders(of: head.stream_id, endOfStream: endOfStream)
        case NGHTTP2_PING.rawValue where UInt32(head.flags) & NGHTTP2_FLAG_ACK.rawValue != 0:
            let payload = unsafe withUnsafeBytes(of: frame.pointee.ping.opaque_data) { unsafe $0.load(as: UInt64.self) }
            session.events?.pingAcknowledged(UInt64(bigEndian: payload))
        case NGHTTP2_GOAWAY.rawValue: session.events?.goodbye()
        default: break
        }
        return 0
    }

    private static let invalidFrameReceived: nghttp2_on_invalid_frame_recv_callback = { _, frame, error, context in
        guard let session = unsafe session(context), let head = unsafe frame?.pointee.hd else { return 0 }
        session.invalidFrame = (
            head.stream_id, "\(HTTP2FrameType(rawValue: head.type)): \(HTTP2Errors.text(error))"
        )
        return 0
    }

    // MARK: - Writing

    static let readReply: nghttp2_data_source_read_callback = { _, stream, buffer, count, flags, _, context in
        guard let session = unsafe session(context), let flags = unsafe flags else { return 0 }
        return unsafe session.readReply(
            stream, into: UnsafeMutableRawBufferPointer(start: buffer, count: count), flags: &flags.pointee)
    }

    private static let frameSent: nghttp2_on_frame_send_callback = { _, frame, context in
        guard let session = unsafe session(context), let frame = unsafe frame else { return 0 }
        let head = unsafe frame.pointee.hd
        switch UInt32(head.type) {
        case NGHTTP2_HEADERS.rawValue where UInt32(head.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0:
            session.wroteReply(head.stream_id)
        case NGHTTP2_RST_STREAM.rawValue:
            session.wroteReset(head.stream_id, unsafe frame.pointee.rst_stream.error_code)
        case NGHTTP2_GOAWAY.rawValue:
            let goAway = unsafe frame.pointee.goaway
            session.wroteGoAway(
                unsafe goAway.error_code, explanation: unsafe text(goAway.opaque_data, goAway.opaque_data_len))
        default: break
        }
        return 0
    }

    private static let streamClosed: nghttp2_on_stream_close_callback = { _, stream, _, context in
        guard let session = unsafe session(context) else { return 0 }
        session.replies.removeValue(forKey: stream)
        session.events?.streamClosed(stream)
        return 0
    }
}

// What callbacks tell a session
extension HTTP2Session {
    /// Refuses a request on a stream that is closed. libnghttp2 ignores it without a word, because it could be the trailers of
    /// a call that has been answered early; Export calls have none.
    func beginHeadersFrame(of stream: HTTP2StreamID) {
        guard stream > 0, stream <= lastStream, unsafe nghttp2_session_find_stream(handle, stream) == nil else {
            return
        }
        reset(stream, .streamClosed)
    }

    func beginHeaders(of stream: HTTP2StreamID, isRequest: Bool) {
        headBytes = 0
        isInRequestHead = isRequest
        guard isRequest else { return }
        lastStream = stream
        events?.requestBegins()
    }

    /// Returns false if the header list is too large. Its size is defined in RFC 9113, section 6.5.2.
    func field(_ name: String, count: Int, _ value: () -> String) -> Bool {
        headBytes += name.utf8.count + count + 32
        guard headBytes <= limits.headerBytes else {
            failure = ConnectionFailure(reason: .headersTooLarge)
            terminate(.enhanceYourCalm)
            return false
        }
        if isInRequestHead { events?.requestField(name, value) }
        return true
    }

    func endHeaders(of stream: HTTP2StreamID, endOfStream: Bool) {
        if isInRequestHead {
            events?.requestHeadEnds(stream, endOfStream: endOfStream)
        } else if endOfStream {
            endFrame(of: stream, endOfStream: true)
        }
        isInRequestHead = false
    }

    /// Tells a client that is still sending to stop, not that it has failed (RFC 9113, section 8.1). Not earlier, because a
    /// reset discards what has yet to be written of its stream.
    func wroteReply(_ stream: HTTP2StreamID) {
        if unsafe nghttp2_session_get_stream_remote_close(handle, stream) == 0 { reset(stream, .noError) }
    }

    /// Resets that the events ask for have other codes than those for what a client does wrong.
    func wroteReset(_ stream: HTTP2StreamID, _ code: UInt32) {
        switch HTTP2ErrorCode(rawValue: code) {
        case .noError, .refusedStream, .cancel: break
        case .streamClosed: events?.streamFails("a frame came on stream \(stream), which is closed")
        default:
            let found = invalidFrame?.stream == stream ? invalidFrame?.explanation : nil
            let reset = "stream \(stream) was reset with \(HTTP2Errors.name(code))"
            events?.streamFails(found.map { "\(reset): \($0)" } ?? reset)
        }
    }

    /// - Parameter explanation: libnghttp2's own, about the client's frame.
    func wroteGoAway(_ code: UInt32, explanation: String) {
        guard code != HTTP2ErrorCode.noError.rawValue, failure == nil else { return }
        let end = "the connection was ended with \(HTTP2Errors.name(code))"
        let found = explanation.isEmpty ? invalidFrame?.explanation : explanation
        failure = ConnectionFailure(
            reason: code == HTTP2ErrorCode.enhanceYourCalm.rawValue ? .controlFlood : .protocolError,
            explanation: found.map { "\(end): \($0)" } ?? end)
    }
}
