package import NIOCore
package import OTLP

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
    var outcome: ExportOutcome
    /// nil if there is nothing to wait for.
    var durability: DurabilityAcknowledgement?
    /// The reason, if the outcome is `unavailable`.
    var refusal: RefusalReason

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
    case query
    /// Jaeger's query API on an address of its own.
    case jaeger
}

/// Takes what the receivers receive.
///
/// Small bodies arrive on event loops, each shared by many connections, so nothing here may block for long. Large ones
/// arrive on the threads of `DecodePool`.
package protocol TraceService: Sendable {
    /// Decodes one decompressed body in place and takes its spans.
    func export(_ body: RawSpan, encoding: OTLPEncoding) -> Export

    /// Reports that a whole request or connection was refused.
    ///
    /// - Parameter explanation: what exactly was wrong, for the log; nil if there is no more to say than the reason.
    func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?, explanation: String?)
}

extension TraceService {
    package func refused(transport: Transport, reason: RefusalReason, peer: SocketAddress?) {
        refused(transport: transport, reason: reason, peer: peer, explanation: nil)
    }
}
