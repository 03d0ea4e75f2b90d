/// Divides the requests of a slot, trace by trace.
struct RequestDivision: ~Copyable, Sendable {
    private var tree = TraceTree()
    private var partition = RequestPartition()
    private(set) var work = SlotAttributionBuilder()
    private var ties = AuthenticationTies()

    var byteCount: Int { tree.byteCount + work.byteCount + ties.byteCount }

    mutating func removeAll() {
        work.removeAll()
        ties.removeAll()
    }

    /// Attributes a trace of at most `TraceTree.unorderedMax` spans.
    ///
    /// - Parameter selfTimes: of the slot; sets those of the trace's rows.
    @inline(__always)
    mutating func divide(
        _ spans: borrowing Column<TraceSpan>, _ range: Range<Int>, _ mappings: borrowing ComponentMappings,
        _ selfTimes: inout SelfTimes
    ) {
        let spans = spans.span(range)
        guard spans.count > 1 || spans[0].request > 0 else {
            let isAuthentication = mappings.isAuthentication(spans[0].operation)
            if isAuthentication { ties.candidates.add(authentication: spans[0]) }
            let isStream = isAuthentication || mappings.isStream(spans[0].operation)
            return selfTimes.set(spans[0], isStream: isStream)
        }
        tree.link(spans)
        divideLinked(spans, mappings, &selfTimes)
    }

    /// Attributes a trace of any size; spans must be in order of time if they are more than `TraceTree.unorderedMax`.
    mutating func divide(
        _ spans: [TraceSpan], _ mappings: borrowing ComponentMappings, _ selfTimes: inout SelfTimes
    ) {
        tree.link(spans.span)
        divideLinked(spans.span, mappings, &selfTimes)
    }

    /// The same, unless relevant spans began before `start`.
    ///
    /// - Returns: the earliest start of such spans; nil if there are none.
    mutating func divide(
        _ spans: [TraceSpan], ifNotBefore start: Int64, _ mappings: borrowing ComponentMappings,
        _ selfTimes: inout SelfTimes
    ) -> Int64? {
        tree.link(spans.span)
        let earliest = earliestStart(spans.span, start, mappings)
        if earliest < start { return earliest }
        divideLinked(spans.span, mappings, &selfTimes)
        return nil
    }

    private mutating func divideLinked(
        _ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings, _ selfTimes: inout SelfTimes
    ) {
        partition.removeAll()
        let dependOnParent = partition.give(spans, tree.links, mappings.components, &selfTimes)
        if mappings.haveStreams { markCalls(spans, mappings, selfTimes) }
        if tree.hasLongRunning || partition.mayHave(.authentication) {
            markStreams(spans, mappings, selfTimes)
            addCandidates(spans, mappings)
        }
        guard tree.requestCount > 0 else { return }
        if tree.hasSeveralRequests { tree.markPassedOn(spans, mappings.mappings) }
        if !dependOnParent, !tree.hasPassedOn, tree.isOneRequest(spans) {
            takeBackAbove(spans, mappings)
            add(Int(tree.request), spans, mappings)
        } else {
            divideEach(spans, mappings)
        }
    }

    /// Marks what lasts as long as a stream: watches, their clients' calls, their authentication and everything below them,
    /// and authentication without its request, which may be a watch.
    private func markStreams(
        _ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings, _ selfTimes: borrowing SelfTimes
    ) {
        for index in 0..<spans.count where spans[index].isHere {
            let link = tree.links[index]
            let isAlone = link.parent < 0 && mappings.isAuthentication(spans[index].operation)
            if link.isLongRunning || isAlone { selfTimes.markStream(row: spans[index].row) }
        }
        for index in 0..<spans.count {
            guard let above = authentication(of: index, spans, mappings) else { continue }
            selfTimes.set(row: spans[above].row, to: tree.links[above].selfTime)
        }
        guard tree.hasLongRunning else { return }
        for index in 0..<spans.count where tree.links[index].isLongRunning && tree.links[index].parent >= 0 {
            let above = spans[Int(tree.links[index].parent)]
            let isAbove =
                mappings.mappings[Int(above.operation)].isClient || mappings.isAuthentication(above.operation)
            if above.isHere, isAbove { selfTimes.markStream(row: above.row) }
        }
    }

    /// The authentication above a request that isn't long-running, if it is here and the root of its trace.
    private func authentication(
        of index: Int, _ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings
    ) -> Int? {
        let link = tree.links[index]
        guard spans[index].request > 0, !link.isLongRunning, link.parent >= 0 else { return nil }
        let above = Int(link.parent)
        guard spans[above].isHere, tree.links[above].parent < 0, mappings.isAuthentication(spans[above].operation)
        else {
            return nil
        }
        return above
    }

    /// Marks calls that are streams by themselves.
    private func markCalls(
        _ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings, _ selfTimes: borrowing SelfTimes
    ) {
        for index in 0..<spans.count where spans[index].isHere && mappings.isStream(spans[index].operation) {
            selfTimes.markStream(row: spans[index].row)
        }
    }

    /// Spans above the only request are not part of it.
    private mutating func takeBackAbove(_ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings) {
        var above = Int(tree.links[Int(tree.request)].parent)
        while above >= 0 {
            partition.takeBack(tree.links[above].selfTime, from: mappings.components[Int(spans[above].operation)])
            above = Int(tree.links[above].parent)
        }
    }

    private mutating func divideEach(_ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings) {
        tree.orderChildren(spans)
        for index in 0..<spans.count where spans[index].isRequestHere && !tree.links[index].isPassedOn {
            partition.divide(TraceTree.Index(truncatingIfNeeded: index), of: tree, spans, mappings.mappings)
            add(index, spans, mappings)
        }
    }

    // MARK: Authentication

    /// Adds a request, which begins with its authentication.
    @inline(__always)
    private mutating func add(_ index: Int, _ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings) {
        switch tree.beginning(of: index, spans, mappings) {
        case .authenticated(let lead):
            partition.add(lead, to: .authentication)
            work.add(partition, of: spans[index], lead: lead)
        case .within: work.add(partition, of: spans[index])
        case .alone:
            ties.candidates.add(request: spans[index], index: Int32(truncatingIfNeeded: work.requests.count))
            work.add(partition, of: spans[index], mayBeTied: true)
        }
    }

    /// Adds the candidates for ties that are not divided requests.
    private mutating func addCandidates(_ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings) {
        if spans.count == 1, spans[0].isHere, mappings.isAuthentication(spans[0].operation) {
            ties.candidates.add(authentication: spans[0])
        }
        guard tree.hasLongRunning else { return }
        for index in 0..<spans.count where spans[index].isLongRunningRequestHere {
            if case .alone = tree.beginning(of: index, spans, mappings) {
                ties.candidates.add(request: spans[index], index: TieCandidates.Candidate.none)
            }
        }
    }

    /// Ties authentications that stand alone to the divided requests of a slot.
    ///
    /// - Parameter next: finds the candidates of the next slot, and returns it; nil if there is no such slot.
    /// - Returns: what was found about each source, and whether the next slot mattered.
    mutating func tie(
        _ slot: SlotView, _ trust: TieTrust, next: (inout TraceTree, inout TieCandidates) -> SlotView?
    ) -> (sources: [SourceTies], usesNext: Bool) {
        ties.tie(slot, trust)
        if ties.wantsNext {
            var candidates = TieCandidates()
            if let nextSlot = next(&tree, &candidates) { ties.tie(next: &candidates, of: nextSlot) }
        }
        for lead in ties.leads { work.extend(Int(lead.request), by: lead.duration) }
        for (requests, decision) in ties.untied {
            for index in requests where ties.candidates.requests[index].request != TieCandidates.Candidate.none {
                work.leaveUntied(Int(ties.candidates.requests[index].request), decision)
            }
        }
        return (ties.sources, ties.wantsNext)
    }

    /// The earliest start of the slot's spans whose time counts: not watches and what is below them, nor authentication
    /// that stands alone. Whether it does is looked up in the slot before only if it ends within reach of that: a request ends
    /// with its authentication.
    private func earliestStart(
        _ spans: Span<TraceSpan>, _ slotStart: Int64, _ mappings: borrowing ComponentMappings
    ) -> Int64 {
        if spans.count == 1, mappings.isAuthentication(spans[0].operation) {
            return spans[0].end < slotStart &+ TieChoice.reach ? max(spans[0].start, slotStart - 1) : Int64.max
        }
        var earliest = Int64.max
        for index in 0..<spans.count where spans[index].isHere && !tree.links[index].isLongRunning {
            let isAlone = spans[index].parentID == 0 && mappings.isAuthentication(spans[index].operation)
            if !isAlone { earliest = min(earliest, spans[index].start) }
        }
        for index in 0..<spans.count {
            guard let above = authentication(of: index, spans, mappings) else { continue }
            earliest = min(earliest, spans[above].start)
        }
        return earliest
    }
}

extension ComponentMappings {
    /// For most users' requests, authentication is a separate trace that lasts as long as the request: without a parent
    /// its time is meaningless.
    @inline(__always)
    func isAuthentication(_ operation: UInt16) -> Bool {
        components[Int(operation)] == Component.authentication.number
    }

    /// Whether a span lasts as long as a stream by itself.
    @inline(__always)
    func isStream(_ operation: UInt16) -> Bool { haveStreams && mappings[Int(operation)].isStream }
}

/// One component's part of a request.
struct RequestPart: BitwiseCopyable, Sendable {
    /// Nanoseconds.
    var duration: Int64
    /// As in `RequestParts`.
    let series: UInt32
    let flags: UInt8
}

extension Array {
    /// Removes everything, but keeps the memory unless it is far more than was needed.
    mutating func removeAllKeepingRoom() {
        removeAll(keepingCapacity: capacity <= 8 * Swift.max(count, 512))
    }
}
