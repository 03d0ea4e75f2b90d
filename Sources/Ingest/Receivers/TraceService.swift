package import NIOCore
package import OTLP
internal import Synchronization

/// The result of an Export call's body.
package enum ExportOutcome: Equatable, Sendable {
    /// Every span was accepted.
    case accepted
    /// Some spans were rejected for good; the client must not resend them.
    case partial(rejectedSpans: Int, message: String)
    /// The body isn't an export request: INVALID_ARGUMENT or 400.
    case malformed(message: String)
    /// Nothing was accepted, and the client should retry: UNAVAILABLE with RetryInfo, or 503 with Retry-After.
    case unavailable(retryAfterSeconds: Int)
}

/// The result of a body, and what must be on disk before the client gets it.
package struct Export: Sendable {
    package var outcome: ExportOutcome
    /// nil if there is nothing to wait for.
    package var durability: DurabilityAcknowledgement?
    /// The reason, if the outcome is `unavailable`.
    package var refusal: RefusalReason

    package init(
        _ outcome: ExportOutcome, durability: DurabilityAcknowledgement? = nil, refusal: RefusalReason = .archiveQueue
    ) {
        self.outcome = outcome
        self.durability = durability
        self.refusal = refusal
    }

    /// The reply if spans couldn't be written to disk, so that the client retries.
    static let notOnDisk = ExportOutcome.unavailable(retryAfterSeconds: 1)
}

/// The protocol of a request, as in `faultline_requests_refused_total{transport}`.
package enum Transport: String, CaseIterable, Sendable {
    case grpc
    case http
    /// Scrape, health and API.
    case admin
}

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
    /// Accepting a connection failed for lack of descriptors or memory.
    case acceptFailed = "accept_failed"
    // Slow clients
    case headerTimeout = "header_timeout"
    case bodyTimeout = "body_timeout"
    case replyTimeout = "reply_timeout"
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

    /// An explanation for the log, if the name doesn't say enough.
    package var explanation: String? {
        switch self {
        case .tls: "the client began a TLS handshake, but this port takes plain text"
        case .http1: "the client speaks HTTP/1, but this port takes gRPC, which is HTTP/2"
        case .http2: "the client speaks HTTP/2, as gRPC does, but this port takes HTTP/1.1"
        default: nil
        }
    }
}

/// Takes what the receivers receive.
///
/// Small bodies arrive on event loops, each shared by many connections, so nothing here may block for long. Large ones
/// arrive on the threads of `DecodePool`.
package protocol TraceService: Sendable {
    /// Decodes one decompressed body in place and takes its spans.
    func export(_ body: RawSpan, encoding: OTLPEncoding) -> Export

    /// Reports that a whole request or connection was refused.
    func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?)
}

/// A pending write to disk that acknowledgements wait for; shared by all requests that are written together.
package final class DurabilityAcknowledgement: Sendable {
    private enum State {
        case waiting([@Sendable (Bool) -> Void])
        case settled(Bool)
    }

    private let state = Mutex(State.waiting([]))

    package init() {}

    /// Calls `body` once the write has succeeded or failed: immediately, or on the writing thread.
    func whenSettled(_ body: @escaping @Sendable (_ isOnDisk: Bool) -> Void) {
        let known: Bool? = state.withLock { state in
            switch state {
            case .settled(let isOnDisk): return isOnDisk
            case .waiting(let others):
                state = .waiting(others + [body])
                return nil
            }
        }
        if let known { body(known) }
    }

    /// Notifies all waiting callers. Only the first call has an effect.
    package func settle(isOnDisk: Bool) {
        let waiting = state.withLock { state in
            guard case .waiting(let waiting) = state else { return [@Sendable (Bool) -> Void]() }
            state = .settled(isOnDisk)
            return waiting
        }
        for body in waiting { body(isOnDisk) }
    }

    package var isOnDisk: Bool {
        get async {
            await withCheckedContinuation { continuation in whenSettled { continuation.resume(returning: $0) } }
        }
    }
}
