/// What attribution found out about the spans of a slot. Never changes, so that views can read it without a lock.
package final class SlotAttribution: Sendable {
    /// Rows of the slot that were attributed; what came later is not.
    package let rowCount: Int
    let selfTimes: SelfTimes
    let requests: [AttributedRequest]
    let parts: RequestParts
    /// The least and greatest bucket code of the parts.
    let bucketMin: UInt16
    let bucketMax: UInt16

    /// Stands for the self time of spans whose self time says nothing: watches and what is below them, and
    /// `authentication` spans that nothing ties to their request.
    static let noSelfTime = UInt16.max

    init(_ work: borrowing SlotWork, rowCount: Int, selfTimes: consuming SelfTimes) {
        self.rowCount = rowCount
        self.selfTimes = selfTimes
        requests = Array(work.requests)
        parts = work.parts.copy(capacity: work.parts.count)
        bucketMin = work.bucketMin
        bucketMax = work.bucketMax
    }

    var byteCount: Int {
        rowCount * SelfTimes.bytesPerRow + requests.count * MemoryLayout<AttributedRequest>.stride + parts.count
            * RequestParts.bytesPerPart
    }
}

/// The requests of a slot while they are attributed. Used again for one slot after the other.
struct SlotWork: ~Copyable, Sendable {
    private(set) var requests: [AttributedRequest] = []
    private(set) var parts = RequestParts(capacity: 256)
    private(set) var bucketMin = UInt16.max
    private(set) var bucketMax = UInt16.min
    private let buckets = LatencyBucket.shared

    var byteCount: Int {
        requests.capacity * MemoryLayout<AttributedRequest>.stride + parts.capacity * RequestParts.bytesPerPart
    }

    mutating func removeAll() {
        // As many as in the slot before, or nearly.
        let isFarTooLarge = requests.capacity > 8 * max(requests.count, 512)
        requests.removeAll(keepingCapacity: !isFarTooLarge)
        parts.removeAll()
        bucketMin = .max
        bucketMax = .min
    }

    mutating func add(_ partition: borrowing Partition, ofRequestAt row: Int, series: UInt16, flags: SpanFlags) {
        let firstPart = UInt32(truncatingIfNeeded: parts.count)
        let firstSeries = UInt32(series) &* UInt32(ComponentTable.countMax)
        var own: Int64 = 0
        var etcd: UInt32 = 0
        var present = partition.present
        while present != 0 {
            let number = UInt32(truncatingIfNeeded: present.trailingZeroBitCount)
            present &= present &- 1
            let duration = partition.parts[Int(number)]
            guard duration > 0 else { continue }
            etcd |= Self.etcdComponents &>> number & 1
            let bucket = buckets.code(duration)
            bucketMin = min(bucketMin, bucket)
            bucketMax = max(bucketMax, bucket)
            parts.append(
                row: UInt32(truncatingIfNeeded: row), series: firstSeries &+ number, duration: duration, bucket: bucket,
                flags: flags.rawValue)
            own &+= Self.otherComponents &>> number & 1 == 0 ? duration : 0
        }
        requests.append(
            AttributedRequest(
                row: UInt32(truncatingIfNeeded: row), firstPart: firstPart, series: series,
                ownBucket: buckets.code(own), reachesEtcd: etcd != 0))
    }

    /// One bit for each component that isn't of the API server's side.
    private static let otherComponents: UInt32 =
        etcdComponents | 1 &<< UInt32(Component.mutatingWebhook.number)
        | 1 &<< UInt32(Component.validatingWebhook.number)
    private static let etcdComponents: UInt32 =
        1 &<< UInt32(Component.etcd.number) | 1 &<< UInt32(Component.etcdClient.number)
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

/// The parts of requests, one component's of one request each, in columns.
struct RequestParts: ~Copyable, Sendable {
    /// The request's row in the slot.
    private(set) var rows: Column<UInt32>
    /// Request series times `ComponentTable.countMax`, plus component: the series of `Population.parts`.
    private(set) var series: Column<UInt32>
    /// Nanoseconds.
    private(set) var durations: Column<Int64>
    private(set) var buckets: Column<UInt16>
    /// `SpanFlags` of the request.
    private(set) var flags: Column<UInt8>
    private(set) var count = 0

    var capacity: Int { flags.capacity }

    static let bytesPerPart = 4 + 4 + 8 + 2 + 1

    init(capacity: Int) {
        rows = Column(capacity: capacity)
        series = Column(capacity: capacity)
        durations = Column(capacity: capacity)
        buckets = Column(capacity: capacity)
        flags = Column(capacity: capacity)
    }

    @inline(__always)
    mutating func append(row: UInt32, series number: UInt32, duration: Int64, bucket: UInt16, flags requestFlags: UInt8)
    {
        if count == flags.capacity { grow() }
        rows[count] = row
        series[count] = number
        durations[count] = duration
        buckets[count] = bucket
        flags[count] = requestFlags
        count &+= 1
    }

    mutating func removeAll() {
        if capacity > 8 * max(count, 512) { self = RequestParts(capacity: count) }
        count = 0
    }

    private mutating func grow() {
        self = copy(capacity: max(count * 2, 256))
    }

    /// A copy with room for so many parts.
    borrowing func copy(capacity: Int) -> RequestParts {
        var copy = RequestParts(capacity: capacity)
        copy.rows.copyPrefix(count, of: rows)
        copy.series.copyPrefix(count, of: series)
        copy.durations.copyPrefix(count, of: durations)
        copy.buckets.copyPrefix(count, of: buckets)
        copy.flags.copyPrefix(count, of: flags)
        copy.count = count
        return copy
    }
}
