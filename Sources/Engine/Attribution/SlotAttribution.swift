/// The attribution of a slot's spans. Immutable, so that views read it without a lock.
package final class SlotAttribution: Sendable {
    /// Number of attributed rows; later rows have no attribution.
    package var rowCount: Int { selfTimes.count }
    let selfTimes: SelfTimes
    let requests: [AttributedRequest]
    /// Of the requests, in the same order.
    let durations: RequestDurations
    let parts: RequestParts
    /// What shows whether authentications may be tied to requests by time.
    let ties: [SourceTies]
    /// nil if all spans came.
    let sampled: SampledCounts?

    /// - Parameters:
    ///   - spares: memory for its columns.
    ///   - count: counts the slot's spans and requests by who decided to keep them, if sampling left some out.
    init(
        _ work: borrowing SlotAttributionBuilder, _ selfTimes: consuming SelfTimes, _ ties: [SourceTies] = [],
        from spares: SpareMemory? = nil, countingSampled count: ([AttributedRequest]) -> SampledCounts? = { _ in nil }
    ) {
        self.selfTimes = selfTimes
        self.ties = ties
        durations = RequestDurations(work.requests.span, from: spares)
        var removed: UInt32 = 0
        requests = work.requests.map { request in
            let attributed = AttributedRequest(request, removedParts: removed)
            removed &+= request.hasEmptyPart ? 1 : 0
            return attributed
        }
        parts = RequestParts(work, from: spares)
        sampled = count(requests)
    }

    var byteCount: Int {
        selfTimes.byteCount + requests.count
            * (MemoryLayout<AttributedRequest>.stride + RequestDurations.bytesPerRequest)
            + parts.count * RequestParts.bytesPerPart + ties.count * MemoryLayout<SourceTies>.stride
            + (sampled?.byteCount ?? 0)
    }

    /// The row of the request that a part belongs to.
    func row(ofPart part: Int) -> Int {
        // Every request has at least one part, unless its duration is zero.
        let next = (0..<requests.count).first(reaching: { requests[$0].firstPart > part })
        return Int(requests[next - 1].row)
    }
}

/// A request whose time has been divided.
struct AttributedRequest: BitwiseCopyable, Sendable {
    /// Its row in the slot.
    var row: UInt32
    /// Its first part; its parts end where the next request's begin.
    var firstPart: UInt32
    /// Its number in the view's `requests`.
    var series: UInt16
    /// Latency bucket code of the API server's own work on it: `Component.ownWork`.
    var ownBucket: UInt16
    /// Whether it waited for etcd at all.
    var reachesEtcd: Bool
    /// Why it begins with its SERVER span although its instance has lone authentications; `tied` otherwise.
    var tie: TieDecision

    @inline(__always)
    init(_ request: SlotAttributionBuilder.Request, removedParts: UInt32) {
        row = request.row
        firstPart = request.firstPart &- removedParts
        series = request.series
        ownBucket = request.ownBucket
        reachesEtcd = request.reachesEtcd
        tie = request.decision
    }
}

/// The durations of requests in columns: from the start of their authentication, where it is known.
struct RequestDurations: ~Copyable, Sendable {
    let count: Int
    /// Their numbers in the view's `requests`.
    let series: Column<UInt16>
    /// Nanoseconds.
    let durations: Column<Int64>
    let buckets: Column<UInt16>
    /// `SpanFlags`.
    let flags: Column<UInt8>
    /// The lowest and the highest bucket code.
    let bucketMin: UInt16
    let bucketMax: UInt16

    static let bytesPerRequest = 2 + 8 + 2 + 1

    init(_ requests: Span<SlotAttributionBuilder.Request>, from spares: SpareMemory?) {
        count = requests.count
        series = Column(capacity: count, from: spares)
        durations = Column(capacity: count, from: spares)
        buckets = Column(capacity: count, from: spares)
        flags = Column(capacity: count, from: spares)
        let codes = LatencyBucket.shared
        var (least, greatest) = (UInt16.max, UInt16.min)
        for index in 0..<count {
            let request = requests[index]
            let duration = request.duration &+ request.lead
            let bucket = codes.code(duration)
            (least, greatest) = (min(least, bucket), max(greatest, bucket))
            series[index] = request.series
            durations[index] = duration
            buckets[index] = bucket
            flags[index] = request.flags
        }
        (bucketMin, bucketMax) = (least, greatest)
    }
}

/// The parts of requests in columns, one component of one request each; those of one request are adjacent.
struct RequestParts: ~Copyable, Sendable {
    let count: Int
    /// Request series × `ComponentTable.countMax` + component: the series of `Population.parts`.
    let series: Column<UInt32>
    /// Nanoseconds.
    let durations: Column<Int64>
    let buckets: Column<UInt16>
    /// `SpanFlags` of the request.
    let flags: Column<UInt8>
    /// The lowest and the highest bucket code.
    let bucketMin: UInt16
    let bucketMax: UInt16

    static let bytesPerPart = 4 + 8 + 2 + 1

    init(_ work: borrowing SlotAttributionBuilder, from spares: SpareMemory?) {
        count = work.partCount - work.emptyCount
        // One more takes a part without time that comes last.
        series = Column(capacity: count + 1, from: spares)
        durations = Column(capacity: count + 1, from: spares)
        buckets = Column(capacity: count + 1, from: spares)
        flags = Column(capacity: count + 1, from: spares)
        let codes = LatencyBucket.shared
        var (least, greatest) = (UInt16.max, UInt16.min)
        var next = 0
        for index in 0..<work.partCount {
            let part = work.parts[index]
            let bucket = codes.code(part.duration)
            series[next] = part.series
            durations[next] = part.duration
            buckets[next] = bucket
            flags[next] = part.flags
            // Branch-free: which parts have no time can't be predicted.
            let isTaken = part.duration > 0
            (least, greatest) = (min(least, isTaken ? bucket : UInt16.max), max(greatest, bucket))
            next &+= isTaken ? 1 : 0
        }
        (bucketMin, bucketMax) = (least, greatest)
    }
}
