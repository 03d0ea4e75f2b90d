import Support

/// What evidence needs from the spans of a slot before the interval in question.
struct SlotDigest: Sendable {
    /// Ends of spans by the second of the slot.
    typealias Seconds = InlineArray<5, UInt32>

    private(set) var etcdEnds = Seconds(repeating: 0)
    private(set) var apiServerEnds = Seconds(repeating: 0)
    /// Spans of the API server that lasted long, without watches; not all if there are many.
    private(set) var longSpans: [Range<Int64>] = []
    /// Failed calls to etcd, and failed calls to something else.
    private(set) var (failedEtcdCalls, failedCalls) = (0, 0)
    /// Failed requests by series.
    private(set) var failedRequests: [Int: Int] = [:]

    private static let longSpansMax = 1_000

    var byteCount: Int {
        MemoryLayout<Self>.stride + longSpans.capacity * MemoryLayout<Range<Int64>>.stride
            + failedRequests.capacity * MemoryLayout<(Int, Int)>.stride
    }

    /// - Parameters:
    ///   - roles: by operation.
    ///   - isWanted: by request series.
    init(_ slot: SlotView, _ roles: [EvidenceGathering.Role], isWanted: [Bool]) {
        var blockStart = 0
        slot.forEachBlock { columns, count in
            for offset in 0..<count {
                let end = columns.start[offset] &+ columns.duration[offset]
                let second = Self.second(end, of: slot)
                let role = roles[Int(columns.operation[offset])]
                switch role {
                case .none: continue
                case .etcd:
                    etcdEnds[second] &+= 1
                    continue
                case .etcdCall, .call: addCall(role, columns, offset, slot.attribution, row: blockStart + offset)
                case .mutatingWebhook, .validatingWebhook, .apiServer: break
                }
                apiServerEnds[second] &+= 1
                if EvidenceGathering.isLong(columns, offset), longSpans.count < Self.longSpansMax {
                    longSpans.append(columns.start[offset]..<end)
                }
            }
            blockStart += count
        }
        for request in slot.attribution?.requests ?? []
        where isWanted[Int(request.series)] && slot.row(Int(request.row)).flags.isError {
            failedRequests[Int(request.series), default: 0] += 1
        }
    }

    /// The second of a slot in which a span ended.
    @inline(__always)
    static func second(_ end: Int64, of slot: SlotView) -> Int {
        min(max(Int((end &- slot.start) / 1_000_000_000), 0), 4)
    }

    private mutating func addCall(
        _ role: EvidenceGathering.Role, _ columns: borrowing SpanColumns, _ offset: Int,
        _ attribution: SlotAttribution?, row: Int
    ) {
        guard SpanFlags(rawValue: columns.flags[offset]).isError else { return }
        if role == .call {
            failedCalls += 1
        } else if let attribution, row < attribution.rowCount, attribution.selfTimes[row] != nil {
            failedEtcdCalls += 1
        }
    }
}

/// The digests of slots used for evidence lately: a slot that doesn't change is read only once.
package struct SlotDigests: Sendable {
    private struct Key: Hashable {
        /// Of the slot, Unix nanoseconds.
        let start: Int64
        let cluster: String
    }

    private struct Known {
        let rows: Int
        let attributedRows: Int
        let digest: SlotDigest
    }

    private var known: [Key: Known] = [:]
    var hours = CountedHours()
    var intervals = IntervalsKnown()

    package init() {}

    package var byteCount: Int { known.values.reduce(hours.byteCount) { $0 + $1.digest.byteCount } }

    /// - Parameter make: called if the slot has changed.
    mutating func digest(of slot: SlotView, cluster: String, make: () -> SlotDigest) -> SlotDigest {
        let key = Key(start: slot.start, cluster: cluster)
        let attributedRows = slot.attribution?.rowCount ?? 0
        if let known = known[key], known.rows == slot.count, known.attributedRows == attributedRows {
            return known.digest
        }
        let digest = make()
        known[key] = Known(rows: slot.count, attributedRows: attributedRows, digest: digest)
        return digest
    }

    /// Forgets what intervals of one view say.
    package mutating func forgetIntervals() { intervals = IntervalsKnown() }

    /// Forgets the slots before a time, Unix nanoseconds.
    mutating func forget(before time: Int64) {
        if known.contains(where: { $0.key.start < time }) { known = known.filter { $0.key.start >= time } }
    }
}

/// What intervals of one view say.
struct IntervalsKnown: Sendable {
    private struct Key: Hashable {
        /// Unix nanoseconds.
        let interval: Range<Int64>
        let cluster: String
    }

    private var known: [Key: IntervalEvidence] = [:]

    /// - Parameter make: called the first time.
    mutating func evidence(
        of interval: Range<Int64>, cluster: String, make: () -> IntervalEvidence
    ) -> IntervalEvidence {
        let key = Key(interval: interval, cluster: cluster)
        if let known = known[key] { return known }
        let made = make()
        known[key] = made
        return made
    }
}
