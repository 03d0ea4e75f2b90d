import NIOCore

/// Counts of requests and spans by outcome.
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
    /// Accepted requests, with the spans that were accepted.
    private(set) var accepted = Count()
    /// Accepted requests of which some spans were rejected, with the rejected spans.
    private(set) var partial = Count()
    private(set) var refused: [String: Count] = [:]
    private(set) var lost = Count()
    /// Scheduled in an open loop, but not sent in time.
    private(set) var missed = Count()
    private(set) var latency = LatencyHistogram()
    private(set) var reconnections = 0
    /// The last error of a connection.
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

    mutating func miss(_ requests: Count) {
        missed += requests
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
        missed += other.missed
        latency.add(other.latency)
        reconnections += other.reconnections
        lastError = other.lastError ?? lastError
    }
}

/// Latencies in buckets at most 1/32 wide, so that hours of requests take a few kilobytes.
struct LatencyHistogram: Sendable {
    private static let stepBits = 5
    private static let steps = 1 << stepBits

    private var counts = [Int](repeating: 0, count: 59 * steps)
    private var total = 0
    private(set) var maximum: Int64 = 0

    mutating func add(microseconds: Int64) {
        counts[Self.bucket(microseconds)] += 1
        total += 1
        maximum = max(maximum, microseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        total += other.total
        maximum = max(maximum, other.maximum)
    }

    /// The upper bound of the bucket with the nearest-rank quantile, in microseconds.
    func quantile(_ quantile: Double) -> Int64 {
        guard total > 0 else { return 0 }
        let rank = max(1, Int((quantile * Double(total)).rounded(.up)))
        var seen = 0
        for (index, count) in counts.enumerated() {
            seen += count
            if seen >= rank { return min(Self.upperEnd(index), maximum) }
        }
        return maximum
    }

    /// Values below 32 have a bucket each; above that, each power of two has 32.
    private static func bucket(_ value: Int64) -> Int {
        let value = max(value, 0)
        guard value >= steps else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - stepBits
        return (shift + 1) * steps + Int(value >> Int64(shift)) - steps
    }

    private static func upperEnd(_ bucket: Int) -> Int64 {
        guard bucket >= steps else { return Int64(bucket) }
        let shift = bucket / steps - 1
        return (Int64(bucket % steps + steps) + 1) << Int64(shift) - 1
    }
}
