/// Counts of what attribution found in a slot, by series and latency bucket. Immutable, so that views read it without a lock.
final class AttributionSummary: Sendable {
    /// Of the attributed rows, without the long-running ones.
    let requests: SeriesCounts
    let selfTimes: SeriesCounts
    let parts: SeriesCounts
    let buckets: SelfTimeBuckets
    let ownWork: OwnWork

    init(
        requests: SeriesCounts, selfTimes: SeriesCounts, parts: SeriesCounts, buckets: SelfTimeBuckets,
        ownWork: OwnWork
    ) {
        self.requests = requests
        self.selfTimes = selfTimes
        self.parts = parts
        self.buckets = buckets
        self.ownWork = ownWork
    }

    var byteCount: Int {
        requests.byteCount + selfTimes.byteCount + parts.byteCount + buckets.byteCount + ownWork.byteCount
    }
}

/// The API server's own work on requests, by request. Only its latency buckets are known.
struct OwnWork: Sendable {
    /// Of which requests.
    enum Scope: UInt8, CaseIterable {
        case all
        case withoutEtcd
    }

    let all: SeriesCounts
    /// On requests that never reach etcd.
    let withoutEtcd: SeriesCounts

    var byteCount: Int { all.byteCount + withoutEtcd.byteCount }
}

/// The latency bucket code of the self time of each row of a slot.
final class SelfTimeBuckets: Sendable {
    let codes: Column<UInt16>

    init(_ selfTimes: borrowing SelfTimes) {
        codes = Column(capacity: selfTimes.count)
        Self.fill(codes, selfTimes.durations.span(0..<selfTimes.count))
    }

    var byteCount: Int { codes.capacity * 2 }

    // A separate function, so that addresses stay in registers.
    private static func fill(_ codes: borrowing Column<UInt16>, _ durations: Span<Int64>) {
        let buckets = LatencyBucket.shared
        for row in durations.indices { codes[row] = buckets.code(max(durations[row], 0)) }
    }
}
