import NIOCore
import OTLP
internal import Synchronization

/// Why a whole request or connection was refused, as in `faultline_requests_refused_total{reason}`.
package enum RefusalReason: String, CaseIterable, Sendable {
    // Wrong request
    case unknownPath = "unknown_path"
    case wrongMethod = "wrong_method"
    case wrongHost = "wrong_host"
    /// No host, several, or an invalid one.
    case badHost = "bad_host"
    case wrongOrigin = "wrong_origin"
    case wrongContentType = "wrong_content_type"
    case unknownEncoding = "unknown_encoding"
    // No access
    case missingToken = "missing_token"
    case wrongToken = "wrong_token"
    /// The client has no certificate, but the listener asks for one.
    case missingCertificate = "missing_client_certificate"
    /// The client's certificate isn't one of the listener's authorities.
    case wrongCertificate = "wrong_client_certificate"
    /// The client doesn't accept the listener's certificate.
    case certificateRefused = "certificate_refused"
    // Bad body
    case tooLarge = "too_large"
    case badGzip = "bad_gzip"
    /// The compression ratio is higher than spans ever reach.
    case compressionRatio = "compression_ratio"
    case badFraming = "bad_framing"
    case malformed
    // Load
    case bytesInFlight = "bytes_in_flight"
    /// The connection's share of the bytes in flight is used up.
    case connectionBytes = "connection_bytes_in_flight"
    case archiveQueue = "archive_queue"
    /// The recording couldn't be written to disk.
    case archiveWrite = "archive_write"
    case connections
    /// Too many calls on one HTTP/2 connection.
    case streams
    /// Too many concurrent scrapes or queries.
    case queries
    /// The answer to a query took too long.
    case queryDeadline = "query_deadline"
    /// Accepting a connection failed for lack of descriptors or memory.
    case acceptFailed = "accept_failed"
    // Slow clients
    case headerTimeout = "header_timeout"
    case bodyTimeout = "body_timeout"
    case replyTimeout = "reply_timeout"
    /// A listener to events didn't read them.
    case slowListener = "slow_listener"
    // HTTP/2 misuse
    case resetFlood = "http2_reset_flood"
    case continuationFlood = "http2_continuation_flood"
    case controlFlood = "http2_control_flood"
    case emptyDataFlood = "http2_empty_data_flood"
    case tinyDataFlood = "http2_tiny_data_flood"
    case windowUpdateFlood = "http2_window_update_flood"
    case streamErrorFlood = "http2_stream_error_flood"
    case headersTooLarge = "headers_too_large"
    case streamError = "http2_stream_error"
    case protocolError = "protocol_error"
    // Another protocol
    case tls
    case http1
    case http2
    case plainText = "plain_text"
    /// The TLS handshake failed for another reason.
    case tlsHandshake = "tls_handshake"

    /// An explanation for the log, if the name doesn't say enough.
    package var explanation: String? {
        switch self {
        case .tls: "the client began a TLS handshake, but this port takes plain text"
        case .http1: "the client speaks HTTP/1, but this port takes gRPC, which is HTTP/2"
        case .http2: "the client speaks HTTP/2, as gRPC does, but this port takes HTTP/1.1"
        case .plainText: "the client speaks plain text, but this port takes TLS"
        case .tlsHandshake:
            "the TLS handshake failed: client and listener have no version or cipher in common, or the connection was lost"
        case .certificateRefused:
            "the client doesn't accept this port's certificate: its authority, its names or its dates"
        case .missingCertificate: "the client has no certificate, but client_ca_file asks for one"
        case .wrongCertificate:
            "the client's certificate is expired, or none of client_ca_file's authorities has signed it"
        case .missingToken: "the request has no Authorization: Bearer, but token_file asks for one"
        case .wrongToken: "the request's token is not in token_file"
        default: nil
        }
    }
}
