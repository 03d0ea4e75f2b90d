/// What attribution found out about the spans of a slot. Never changes, so that views can read it without a lock.
package final class SlotAttribution: Sendable {
    /// Rows of the slot that were attributed; what came later is not.
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
        var (low, high) = (0, requests.count)
        // The first request whose parts begin behind it; each has one at least, unless it lasted for no time.
        while low < high {
            let middle = (low + high) / 2
            if requests[middle].firstPart <= part { low = middle + 1 } else { high = middle }
        }
        return Int(requests[low - 1].row)
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

/// The parts of requests, one component's of one request each, in columns: those of one request one behind the other.
struct RequestParts: ~Copyable, Sendable {
    let count: Int
    /// Request series times `ComponentTable.countMax`, plus component: the series of `Population.parts`.
    let series: Column<UInt32>
    /// Nanoseconds.
    let durations: Column<Int64>
    let buckets: Column<UInt16>
    /// `SpanFlags` of the request.
    let flags: Column<UInt8>
    /// The least and greatest bucket code.
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

/// By row of a slot what its span took itself, without what is below it.
struct SelfTimes: ~Copyable, Sendable {
    let count: Int
    /// Nanoseconds, or `none`. One more than there are rows: the last is written for spans of other slots.
    let durations: Column<Int64>
    /// No self time of a span with children is shorter, nanoseconds.
    private(set) var least = Int64.max

    /// Stands for the self time of spans whose self time says nothing: watches and what is below them, and
    /// `authentication` spans that nothing ties to their request.
    static let none: Int64 = -1

    /// Room for those of so many rows, all of which are to be set.
    init(rows: Int) {
        count = rows
        durations = Column(capacity: rows + 1)
    }

    var byteCount: Int { durations.capacity * MemoryLayout<Int64>.stride }

    /// Of some row, which was attributed; nil where it says nothing.
    @inline(__always)
    subscript(row: Int) -> Int64? {
        let duration = durations[row]
        return duration >= 0 ? duration : nil
    }

    /// Sets that of a span which is alone in its trace.
    @inline(__always)
    func set(_ span: TraceSpan, isAuthentication: Bool) {
        durations[span.row] = span.flags.isLongRunning || isAuthentication ? Self.none : span.duration
    }

    /// Says that a span's self time says nothing.
    func remove(row: Int) {
        durations[row] = Self.none
    }

    /// Takes note that none of some spans is shorter.
    @inline(__always)
    mutating func hasAtLeast(_ duration: Int64) {
        least = min(least, duration)
    }
}

/// A request whose time has been divided: what each component had of it.
package struct RequestBreakdown: Sendable {
    package struct Part: Equatable, Sendable {
        package var component: Component
        /// Nanoseconds, above zero.
        package var duration: Int64
    }

    package var traceHigh: UInt64
    package var traceLow: UInt64
    package var spanID: UInt64
    /// Unix nanoseconds.
    package var start: Int64
    /// Nanoseconds: the sum of all parts.
    package var duration: Int64
    /// Its number in the view's `requests`.
    package var series: Int
    package var isError: Bool
    /// By component number.
    package var parts: [Part]

    package var end: Int64 { start + duration }

    package func duration(of component: Component) -> Int64 {
        parts.first { $0.component == component }?.duration ?? 0
    }
}

extension WindowView {
    /// Hands out the attributed requests that ended in a range of time (Unix nanoseconds), slot by slot.
    package func forEachBreakdown(from: Int64, to: Int64, _ body: (RequestBreakdown) -> Void) {
        let range = TimeRange(from: from, to: to)
        for slot in slots where slot.start < to && slot.end > from {
            guard let attribution = slot.attribution else { continue }
            for number in attribution.requests.indices {
                let breakdown = attribution.breakdown(number, of: slot)
                if range.contains(breakdown.end) { body(breakdown) }
            }
        }
    }
}

extension SlotAttribution {
    fileprivate func breakdown(_ number: Int, of slot: SlotView) -> RequestBreakdown {
        let span = slot.row(Int(requests[number].row))
        let end = number + 1 < requests.count ? Int(requests[number + 1].firstPart) : parts.count
        return RequestBreakdown(
            traceHigh: span.traceHigh, traceLow: span.traceLow, spanID: span.spanID, start: span.start,
            duration: span.duration, series: Int(requests[number].series), isError: span.flags.isError,
            parts: (Int(requests[number].firstPart)..<end).map { part in
                let component = Component(UInt8(parts.series[part] % UInt32(ComponentTable.countMax)))
                return RequestBreakdown.Part(component: component, duration: parts.durations[part])
            })
    }
}
