/// Who decided to keep the traces of a slot, as far as its spans show once they have arrived.
struct TraceDeciders: ~Copyable {
    fileprivate let sampling: WindowSampling
    /// By operation number: whether it is a request to an API server.
    private let areRequests: [Bool]
    /// By a hash of the trace id.
    private var deciders: [UInt64: UInt32] = [:]

    /// - Parameter reachingBack: the rows that reach back from later slots: among them are the roots of traces of which the
    ///   slot has other spans.
    init(of index: Int, _ view: WindowView, _ reachingBack: [RowsReachingBack]) {
        sampling = view.sampling
        areRequests = view.operations.map { $0.role == .apiServer && $0.kind == .server }
        view.slots[index].forEachBlock { columns, rows in
            for row in 0..<rows { note(columns, row) }
        }
        reachingBack.forEachRow(laterThan: index, of: view.slots) { columns, offset, _, _ in note(columns, offset) }
    }

    /// Adds a span that may be its trace's root, or begin what its trace has here.
    @inline(__always)
    private mutating func note(_ columns: borrowing SpanColumns, _ offset: Int) {
        if columns.parentID[offset] == 0 {
            let own = TraceDecider.root(columns.source[offset]).code
            let trace = Self.trace(columns, offset)
            // Of two roots in one trace take the same one in any order.
            deciders[trace] = max(deciders[trace] ?? 0, own)
        } else if areRequests[Int(columns.operation[offset])] {
            let trace = Self.trace(columns, offset)
            if deciders[trace] == nil { deciders[trace] = TraceDecider.client.code }
        }
    }

    /// Who decided about the trace of a span.
    @inline(__always)
    func decider(_ columns: borrowing SpanColumns, _ offset: Int) -> TraceDecider {
        if let known = deciders[Self.trace(columns, offset)] { return TraceDecider(code: known) }
        let source = columns.source[offset]
        let ratio = sampling[Int(source)]?.ratio ?? 1
        return SampledIDs.mayBeSampled(traceLow: columns.traceLow[offset], ratio) ? .unknown(source) : .client
    }

    private static func trace(_ columns: borrowing SpanColumns, _ offset: Int) -> UInt64 {
        let salt = SpanFlags(rawValue: columns.flags[offset]).traceSalt
        return ByteHash.mix(ByteHash.mix(columns.traceLow[offset], ByteHash.seed), columns.traceHigh[offset] ^ salt)
    }
}

/// How many spans and requests of a slot there are of each series, by who decided about their trace.
struct SampledCounts: Sendable {
    struct Share: Sendable {
        let series: UInt16
        let decider: TraceDecider
        /// Whether they failed.
        let areErrors: Bool
        let count: Int
    }

    /// By series of `Population.spans`.
    let spans: [Share]
    /// By series of `Population.requests`.
    let requests: [Share]
    /// Spans of etcd's members, by source.
    let members: [MemberShare]

    struct MemberShare: Sendable {
        let source: UInt16
        let decider: TraceDecider
        let count: Int
    }

    var byteCount: Int {
        (spans.count + requests.count) * MemoryLayout<Share>.stride
            + members.count * MemoryLayout<MemberShare>.stride
    }

    /// - Parameter requests: those of the slot.
    init(_ slot: SlotView, requests: [AttributedRequest], _ deciders: borrowing TraceDeciders) {
        var counts: [UInt64: Int] = [:]
        slot.forEachBlock { columns, rows in
            for row in 0..<rows {
                counts[Self.key(columns.operation[row], columns, row, deciders), default: 0] += 1
            }
        }
        spans = Self.shares(counts)
        counts.removeAll(keepingCapacity: true)
        for request in requests {
            let (block, offset) = Slot.locate(Int(request.row))
            counts[Self.key(request.series, slot.blocks[block].columns, offset, deciders), default: 0] += 1
        }
        self.requests = Self.shares(counts)
        members = Self.members(slot, deciders)
    }

    private static func members(_ slot: SlotView, _ deciders: borrowing TraceDeciders) -> [MemberShare] {
        var counts: [UInt64: Int] = [:]
        slot.forEachBlock { columns, rows in
            for row in 0..<rows where deciders.sampling.isMember(columns.source[row]) {
                let key = UInt64(columns.source[row]) &<< 32 | UInt64(deciders.decider(columns, row).code)
                counts[key, default: 0] += 1
            }
        }
        return counts.map { key, count in
            MemberShare(
                source: UInt16(truncatingIfNeeded: key &>> 32),
                decider: TraceDecider(code: UInt32(truncatingIfNeeded: key)), count: count)
        }
    }

    private static let errors: UInt64 = 1 << 48

    @inline(__always)
    private static func key(
        _ series: UInt16, _ columns: borrowing SpanColumns, _ offset: Int, _ deciders: borrowing TraceDeciders
    ) -> UInt64 {
        let isError = SpanFlags(rawValue: columns.flags[offset]).isError
        return UInt64(series) &<< 32 | UInt64(deciders.decider(columns, offset).code) | (isError ? errors : 0)
    }

    private static func shares(_ counts: [UInt64: Int]) -> [Share] {
        counts.sorted { $0.key < $1.key }.map { key, count in
            Share(
                series: UInt16(truncatingIfNeeded: key &>> 32),
                decider: TraceDecider(code: UInt32(truncatingIfNeeded: key)), areErrors: key & errors != 0,
                count: count)
        }
    }
}
