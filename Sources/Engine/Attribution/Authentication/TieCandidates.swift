/// The spans of a slot that may be tied by time: lone authentications, and requests without authentication.
struct TieCandidates: ~Copyable, Sendable {
    struct Candidate: BitwiseCopyable, Sendable {
        let start: Int64
        let end: Int64
        let spanID: UInt64
        /// In its slot.
        let row: UInt32
        /// The request's index in `SlotAttributionBuilder`; `none` for an authentication, for a long-running request, and in another slot.
        let request: Int32

        static let none: Int32 = -1

        @inline(__always)
        init(_ span: TraceSpan, request: Int32 = none) {
            start = span.start
            end = span.end
            spanID = span.spanID
            row = UInt32(truncatingIfNeeded: span.row)
            self.request = request
        }

        /// The order in which authentications choose.
        @inline(__always)
        static func choosesBefore(_ a: Candidate, _ b: Candidate) -> Bool {
            if a.end != b.end { return a.end < b.end }
            if a.start != b.start { return a.start < b.start }
            return a.spanID < b.spanID
        }

        /// The order of requests; an authentication tries the last one first.
        @inline(__always)
        static func isChosenAfter(_ a: Candidate, _ b: Candidate) -> Bool {
            if a.end != b.end { return a.end < b.end }
            if a.start != b.start { return a.start < b.start }
            return a.spanID > b.spanID
        }
    }

    /// The candidates of one source.
    struct Group {
        let source: UInt16
        let authentications: Range<Int>
        let requests: Range<Int>
    }

    /// Each alone in its trace.
    private(set) var authentications: [Candidate] = []
    /// Neither below an authentication nor within another request. Long-running ones too: their authentication must not
    /// take a request that happens to end with them.
    private(set) var requests: [Candidate] = []
    /// The number of the source of each row of the slot.
    private var sources = Column<UInt16>(capacity: 0)
    private var sort = TieSort()

    var byteCount: Int {
        (authentications.capacity + requests.capacity) * MemoryLayout<Candidate>.stride + sources.capacity * 2
            + sort.byteCount
    }

    mutating func removeAll() {
        authentications.removeAllKeepingRoom()
        requests.removeAllKeepingRoom()
        sort.removeAll()
    }

    @inline(__always)
    mutating func add(authentication span: TraceSpan) { authentications.append(Candidate(span)) }

    @inline(__always)
    mutating func add(request span: TraceSpan, index: Int32) { requests.append(Candidate(span, request: index)) }

    /// Groups the candidates by source.
    ///
    /// - Parameter slot: theirs.
    mutating func group(_ slot: SlotView) -> [Group] {
        guard !authentications.isEmpty || !requests.isEmpty else { return [] }
        sources.makeRoom(slot.count)
        var row = 0
        slot.forEachBlock { columns, count in
            sources.copyPrefix(count, of: columns.source, to: row)
            row += count
        }
        let authenticationEnds = Self.group(&authentications, sources)
        let requestEnds = Self.group(&requests, sources)
        return (0..<max(authenticationEnds.count, requestEnds.count)).compactMap { source in
            let own = Self.range(source, authenticationEnds)
            let wanting = Self.range(source, requestEnds)
            guard !own.isEmpty || !wanting.isEmpty else { return nil }
            return Group(source: UInt16(truncatingIfNeeded: source), authentications: own, requests: wanting)
        }
    }

    /// Sorts the candidates of a group in the order of choice.
    mutating func sort(_ group: Group, slotStart: Int64) {
        sort.sort(&authentications, group.authentications, slotStart: slotStart, by: Candidate.choosesBefore)
        sort.sort(&requests, group.requests, slotStart: slotStart, by: Candidate.isChosenAfter)
    }

    /// Moves the candidates of each source together. Returns where those of each source end.
    private static func group(_ candidates: inout [Candidate], _ sources: borrowing Column<UInt16>) -> [Int] {
        var (least, greatest) = (UInt16.max, UInt16.min)
        for index in candidates.indices {
            let source = sources[Int(candidates[index].row)]
            (least, greatest) = (min(least, source), max(greatest, source))
        }
        guard least <= greatest else { return [] }
        var ends = [Int](repeating: 0, count: Int(greatest) + 1)
        if least == greatest {
            // The usual case.
            ends[Int(greatest)] = candidates.count
            return ends
        }
        for candidate in candidates { ends[Int(sources[Int(candidate.row)])] += 1 }
        var begin = 0
        for source in ends.indices {
            let size = ends[source]
            ends[source] = begin
            begin += size
        }
        let before = candidates
        for candidate in before {
            let source = Int(sources[Int(candidate.row)])
            candidates[ends[source]] = candidate
            ends[source] += 1
        }
        return ends
    }

    private static func range(_ source: Int, _ ends: [Int]) -> Range<Int> {
        guard source < ends.count else { return 0..<0 }
        return (source == 0 ? 0 : ends[source - 1])..<ends[source]
    }
}
