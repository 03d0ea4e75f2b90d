internal import CNGHTTP2

/// Why a connection can't go on.
struct ConnectionFailure {
    var reason: RefusalReason
    /// What exactly the client did, for the log; nil if the reason says it.
    var explanation: String?
}

/// libnghttp2's words for errors.
enum HTTP2Errors {
    /// - Parameter error: one of libnghttp2's, negative.
    static func text(_ error: Int32) -> String { unsafe String(cString: nghttp2_strerror(error)) }

    /// The name of an error code of RFC 9113, section 7.
    static func name(_ code: UInt32) -> String { unsafe String(cString: nghttp2_http2_strerror(code)) }
}
