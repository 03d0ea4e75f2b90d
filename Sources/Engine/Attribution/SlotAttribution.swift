/// What attribution found out about the spans of a slot. Never changes, so that views can read it without a lock.
package final class SlotAttribution: Sendable {
    /// Rows of the slot that were attributed; what came later is not.
    package let rowCount: Int
    let requests: [AttributedRequest]
    let parts: RequestParts
    let calls: [AttributedCall]

    init(_ work: borrowing SlotWork, rowCount: Int) {
        self.rowCount = rowCount
        requests = Array(work.requests)
        parts = RequestParts(work.parts, work.partCount)
        calls = Array(work.calls)
    }

    var byteCount: Int {
        requests.count * MemoryLayout<AttributedRequest>.stride + parts.count * RequestParts.bytesPerPart
            + calls.count * MemoryLayout<AttributedCall>.stride
    }
}

/// A request whose time has been divided.
struct AttributedRequest: BitwiseCopyable, Sendable {
    /// Its row in the slot.
    var row: UInt32
    /// The first of its parts; they end where the next request's begin.
    var firstPart: UInt32
    /// Its number in the view's `requests`.
    var series: UInt16
    /// Latency bucket code of what the API server itself took: all but etcd, the calls of etcd and webhooks.
    var ownBucket: UInt16
    /// Whether it waited for etcd at all.
    var reachesEtcd: Bool
}

/// A call of etcd by the API server, none below a request that lasts as long as its client wants.
struct AttributedCall: BitwiseCopyable, Sendable {
    /// The number of its operation in the window.
    var operation: UInt16
    /// Latency bucket code of the time in which etcd's own span doesn't run.
    var selfBucket: UInt16
}

/// The parts of requests, one component's of one request each, in columns: those of one request one behind the other.
struct RequestParts: ~Copyable, Sendable {
    let count: Int
    /// Request series times `ComponentTable.countMax`, plus component: the series of `Population.parts`.
    let series: Column<UInt32>
    /// Nanoseconds.
    let durations: Column<Int64>
    let buckets: Column<UInt16>
    /// The least and greatest bucket code.
    let bucketMin: UInt16
    let bucketMax: UInt16

    static let bytesPerPart = 4 + 8 + 2

    init(_ parts: borrowing Column<RequestPart>, _ count: Int) {
        self.count = count
        series = Column(capacity: count)
        durations = Column(capacity: count)
        buckets = Column(capacity: count)
        let codes = LatencyBucket.shared
        var (least, greatest) = (UInt16.max, UInt16.min)
        for index in 0..<count {
            let part = parts[index]
            let bucket = codes.code(part.duration)
            (least, greatest) = (min(least, bucket), max(greatest, bucket))
            series[index] = part.series
            durations[index] = part.duration
            buckets[index] = bucket
        }
        (bucketMin, bucketMax) = (least, greatest)
    }
}
