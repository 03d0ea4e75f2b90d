package import NIOCore
package import OTLP
internal import Synchronization

/// What became of the body of one Export call.
package enum ExportOutcome: Equatable, Sendable {
    /// Every span was taken.
    case accepted
    /// Some spans were refused for good; a client must not send them again.
    case partial(rejectedSpans: Int, message: String)
    /// The body is no Export request: INVALID_ARGUMENT or 400.
    case malformed(message: String)
    /// Nothing was taken, and the client should retry: UNAVAILABLE with RetryInfo, or 503 with Retry-After.
    case unavailable(retryAfterSeconds: Int)
}

/// What became of a body, and what has to be on disk before its client is told.
package struct Export: Sendable {
    package var outcome: ExportOutcome
    /// nil where there is nothing to wait for.
    package var durability: DurabilityAcknowledgement?
    /// Why it was refused, where it is unavailable.
    package var refusal: RefusalReason

    package init(
        _ outcome: ExportOutcome, durability: DurabilityAcknowledgement? = nil, refusal: RefusalReason = .archiveQueue
    ) {
        self.outcome = outcome
        self.durability = durability
        self.refusal = refusal
    }

    /// What a client is told whose spans could not be brought to disk: it comes again.
    static let notOnDisk = ExportOutcome.unavailable(retryAfterSeconds: 1)
}

/// The protocol a request came by, named as in `faultline_requests_refused_total{transport}`.
package enum Transport: String, CaseIterable, Sendable {
    case grpc
    case http
    /// The scrape, health and the API.
    case admin
}

/// Why a request, or a whole connection, was refused as a whole, named as in `faultline_requests_refused_total{reason}`.
package enum RefusalReason: String, CaseIterable, Sendable {
    // What a client asked for
    case unknownPath = "unknown_path"
    case wrongMethod = "wrong_method"
    case wrongHost = "wrong_host"
    /// Several hosts, none, or what is none.
    case badHost = "bad_host"
    case wrongOrigin = "wrong_origin"
    case wrongContentType = "wrong_content_type"
    case unknownEncoding = "unknown_encoding"
    // What it sent
    case tooLarge = "too_large"
    case badGzip = "bad_gzip"
    /// Decompressed it is larger by a factor that spans never are.
    case compressionRatio = "compression_ratio"
    case badFraming = "bad_framing"
    case malformed
    // Load
    case bytesInFlight = "bytes_in_flight"
    /// One connection's share of them.
    case connectionBytes = "connection_bytes_in_flight"
    case archiveQueue = "archive_queue"
    /// What was to be on disk first could not be written.
    case archiveWrite = "archive_write"
    case connections
    /// Calls of one HTTP/2 connection.
    case streams
    /// Scrapes or queries at once.
    case queries
    /// No connection could be accepted: no descriptor, or no memory, was left.
    case acceptFailed = "accept_failed"
    // Slowness
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
    // What the port doesn't speak
    case tls
    case http1
    case http2

    /// What a reader of the log may not see from the name.
    package var explanation: String? {
        switch self {
        case .tls: "the client began a TLS handshake, and this port takes plain text"
        case .http1: "the client speaks HTTP/1, and this port takes gRPC, which is HTTP/2"
        case .http2: "the client speaks HTTP/2, as gRPC does, and this port takes HTTP/1.1"
        default: nil
        }
    }
}

/// Where the receivers bring what they receive.
///
/// Small bodies come on event loops, which serve many connections each; large ones on the threads of `DecodePool`.
package protocol TraceService: Sendable {
    /// Decodes one decompressed body in place and takes its spans.
    func export(_ body: RawSpan, encoding: OTLPEncoding) -> Export

    /// A request or a connection was refused, and nothing of it taken.
    func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?)
}

/// A write to disk that acknowledgements wait for: one for all requests that are written together.
package final class DurabilityAcknowledgement: Sendable {
    private enum State {
        case waiting([@Sendable (Bool) -> Void])
        case settled(Bool)
    }

    private let state = Mutex(State.waiting([]))

    package init() {}

    /// Calls `body` once it is known whether everything is on disk: at once, or from the thread that wrote.
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

    /// Tells all that wait; only the first call counts.
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
