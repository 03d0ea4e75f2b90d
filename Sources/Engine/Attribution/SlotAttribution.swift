/// The attribution of a slot's spans. Immutable, so that views read it without a lock.
package final class SlotAttribution: Sendable {
    /// Number of attributed rows; later rows have no attribution.
    package var rowCount: Int { selfTimes.count }
    let selfTimes: SelfTimes
    let requests: [AttributedRequest]
    let parts: RequestParts

    init(_ work: borrowing SlotWork, _ selfTimes: consuming SelfTimes) {
        self.selfTimes = selfTimes
        requests = Array(work.requests)
        parts = RequestParts(work.parts, work.partCount)
    }

    var byteCount: Int {
        selfTimes.byteCount + requests.count * MemoryLayout<AttributedRequest>.stride
            + parts.count * RequestParts.bytesPerPart
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

    init(_ parts: borrowing Column<RequestPart>, _ count: Int) {
        self.count = count
        series = Column(capacity: count)
        durations = Column(capacity: count)
        buckets = Column(capacity: count)
        flags = Column(capacity: count)
        let codes = LatencyBucket.shared
        var (least, greatest) = (UInt16.max, UInt16.min)
        for index in 0..<count {
            let part = parts[index]
            let bucket = codes.code(part.duration)
            (least, greatest) = (min(least, bucket), max(greatest, bucket))
            series[index] = part.series
            durations[index] = part.duration
            buckets[index] = bucket
            flags[index] = part.flags
        }
        (bucketMin, bucketMax) = (least, greatest)
    }
}
