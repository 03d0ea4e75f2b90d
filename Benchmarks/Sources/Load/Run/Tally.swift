import NIOCore

/// What became of requests and their spans.
struct Tally: Sendable {
    struct Count: Codable, Sendable {
        var requests = 0
        var spans = 0

        static func += (left: inout Count, right: Count) {
            left.requests += right.requests
            left.spans += right.spans
        }
    }

    private(set) var sent = Count()
    private(set) var bytesSent = 0
    /// Answered without an objection to the request; the spans are those that were taken.
    private(set) var accepted = Count()
    /// Of the accepted requests those of which spans were refused, and these spans.
    private(set) var partial = Count()
    private(set) var refused: [String: Count] = [:]
    private(set) var lost = Count()
    private(set) var latency = LatencyHistogram()
    private(set) var reconnections = 0
    /// What a connection last failed of.
    private(set) var lastError: String?

    mutating func send(_ request: ReadyRequest) {
        sent += Count(requests: 1, spans: request.spanCount)
        bytesSent += request.message.readableBytes
    }

    mutating func answer(_ answer: Answer, spans: Int, microseconds: Int64) {
        switch answer {
        case .accepted:
            accepted += Count(requests: 1, spans: spans)
        case .partial(let rejected):
            accepted += Count(requests: 1, spans: spans - rejected)
            partial += Count(requests: 1, spans: rejected)
        case .refused(let status):
            refused[status, default: Count()] += Count(requests: 1, spans: spans)
        case .lost:
            return lose(spans: spans)
        }
        latency.add(microseconds: microseconds)
    }

    mutating func lose(spans: Int) {
        lost += Count(requests: 1, spans: spans)
    }

    mutating func reconnect() {
        reconnections += 1
    }

    mutating func fail(_ error: any Error) {
        lastError = String(describing: error)
    }

    mutating func add(_ other: Tally) {
        sent += other.sent
        bytesSent += other.bytesSent
        accepted += other.accepted
        partial += other.partial
        for (status, count) in other.refused { refused[status, default: Count()] += count }
        lost += other.lost
        latency.add(other.latency)
        reconnections += other.reconnections
        lastError = other.lastError ?? lastError
    }
}
