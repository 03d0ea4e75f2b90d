internal import CNGHTTP2
import NIOCore

/// The rest of a reply: a message and trailers.
struct HTTP2Reply {
    var message: ByteBuffer
    let trailers: HTTP2Fields
}

extension HTTP2Session {
    /// Submits a reply that is complete without a message.
    func respond(_ stream: HTTP2StreamID, _ fields: [HTTP2Field]) {
        unsafe HTTP2Fields(fields).withPairs { pairs, count in
            _ = unsafe nghttp2_submit_response(handle, stream, pairs, count, nil)
        }
    }

    func respond(_ stream: HTTP2StreamID, _ head: HTTP2Fields, _ reply: HTTP2Reply) {
        replies[stream] = reply
        var provider = unsafe nghttp2_data_provider(
            source: nghttp2_data_source(fd: 0), read_callback: HTTP2Callbacks.readReply)
        unsafe head.withPairs { pairs, count in
            _ = unsafe nghttp2_submit_response(handle, stream, pairs, count, &provider)
        }
    }

    func reset(_ stream: HTTP2StreamID, _ code: HTTP2ErrorCode) {
        unsafe nghttp2_submit_rst_stream(handle, 0, stream, code.rawValue)
    }

    /// Asks the client for no more calls. Those that it has begun before it knows are still taken (RFC 9113, section 6.8).
    func announceEnd() {
        unsafe nghttp2_submit_shutdown_notice(handle)
    }

    func ping(_ payload: UInt64) {
        let bytes = unsafe withUnsafeBytes(of: payload.bigEndian) { unsafe Array($0) }
        unsafe nghttp2_submit_ping(handle, 0, bytes)
    }

    /// Says which call was the last one taken.
    func end(after stream: HTTP2StreamID) {
        unsafe nghttp2_submit_goaway(handle, 0, stream, HTTP2ErrorCode.noError.rawValue, nil, 0)
    }

    /// Copies the next part of a message for a DATA frame.
    func readReply(
        _ stream: HTTP2StreamID, into buffer: UnsafeMutableRawBufferPointer, flags: inout UInt32
    ) -> Int {
        guard var reply = replies.removeValue(forKey: stream) else {
            return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
        }
        let part = reply.message.readSlice(length: min(reply.message.readableBytes, buffer.count)) ?? ByteBuffer()
        unsafe part.withUnsafeReadableBytes { unsafe buffer.copyMemory(from: $0) }
        guard reply.message.readableBytes == 0 else {
            replies[stream] = reply
            return part.readableBytes
        }
        flags |= NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
        unsafe reply.trailers.withPairs { pairs, count in
            _ = unsafe nghttp2_submit_trailer(handle, stream, pairs, count)
        }
        return part.readableBytes
    }
}
