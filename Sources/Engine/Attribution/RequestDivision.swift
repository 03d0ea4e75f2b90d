/// Divides the requests of a slot, trace by trace.
struct RequestDivision: ~Copyable, Sendable {
    private var tree = TraceTree()
    private var partition = Partition()
    private(set) var work = SlotWork()

    var byteCount: Int { tree.byteCount + work.byteCount }

    mutating func removeAll() {
        work.removeAll()
    }

    /// Attributes a trace of at most `TraceTree.unorderedMax` spans.
    ///
    /// - Parameter selfTimes: of the slot; sets those of the trace's rows.
    @inline(__always)
    mutating func divide(
        _ spans: borrowing Column<TraceSpan>, _ range: Range<Int>, _ charges: borrowing ComponentMappings,
        _ selfTimes: inout SelfTimes
    ) {
        let spans = spans.span(range)
        guard spans.count > 1 || spans[0].request > 0 else {
            return selfTimes.set(spans[0], isAuthentication: charges.isAuthentication(spans[0].operation))
        }
        tree.link(spans)
        divideLinked(spans, charges, &selfTimes)
    }

    /// Attributes a trace of any size; spans must be in order of time if they are more than `TraceTree.unorderedMax`.
    mutating func divide(
        _ spans: [TraceSpan], _ charges: borrowing ComponentMappings, _ selfTimes: inout SelfTimes
    ) {
        tree.link(spans.span)
        divideLinked(spans.span, charges, &selfTimes)
    }

    /// The same, unless relevant spans began before `start`.
    ///
    /// - Returns: the earliest start of such spans; nil if there are none.
    mutating func divide(
        _ spans: [TraceSpan], ifNotBefore start: Int64, _ charges: borrowing ComponentMappings,
        _ selfTimes: inout SelfTimes
    ) -> Int64? {
        tree.link(spans.span)
        let earliest = earliestStart(spans.span, charges)
        if earliest < start { return earliest }
        divideLinked(spans.span, charges, &selfTimes)
        return nil
    }

    private mutating func divideLinked(
        _ spans: Span<TraceSpan>, _ charges: borrowing ComponentMappings, _ selfTimes: inout SelfTimes
    ) {
        partition.removeAll()
        let dependOnParent = partition.give(spans, tree.links, charges.components, &selfTimes)
        if tree.hasLongRunning || partition.mayHave(.authentication) { removeSelfTimes(spans, charges, selfTimes) }
        guard tree.requestCount > 0 else { return }
        if !dependOnParent, tree.isOneRequest(spans) {
            takeBackAbove(spans, charges)
            work.add(partition, of: spans[Int(tree.request)])
        } else {
            divideEach(spans, charges)
        }
    }

    /// Removes meaningless self times: those of watches and everything below them, and of authentication that isn't
    /// tied to a request.
    private func removeSelfTimes(
        _ spans: Span<TraceSpan>, _ charges: borrowing ComponentMappings, _ selfTimes: borrowing SelfTimes
    ) {
        for place in 0..<spans.count where spans[place].isHere {
            let link = tree.links[place]
            if link.isLongRunning || link.parent < 0 && charges.isAuthentication(spans[place].operation) {
                selfTimes.remove(row: spans[place].row)
            }
        }
    }

    /// Spans above the only request are not part of it.
    private mutating func takeBackAbove(_ spans: Span<TraceSpan>, _ charges: borrowing ComponentMappings) {
        var above = Int(tree.links[Int(tree.request)].parent)
        while above >= 0 {
            partition.takeBack(tree.links[above].selfTime, from: charges.components[Int(spans[above].operation)])
            above = Int(tree.links[above].parent)
        }
    }

    private mutating func divideEach(_ spans: Span<TraceSpan>, _ charges: borrowing ComponentMappings) {
        tree.orderChildren(spans)
        for place in 0..<spans.count where spans[place].isRequestHere {
            partition.divide(TraceTree.Place(truncatingIfNeeded: place), of: tree, spans, charges.charges)
            work.add(partition, of: spans[place])
        }
    }

    /// The earliest start of the slot's spans whose time counts: not watches and what is below them, nor authentication
    /// that stands alone.
    private func earliestStart(_ spans: Span<TraceSpan>, _ charges: borrowing ComponentMappings) -> Int64 {
        var earliest = Int64.max
        for place in 0..<spans.count where spans[place].isHere && !tree.links[place].isLongRunning {
            let isAlone = spans[place].parentID == 0 && charges.isAuthentication(spans[place].operation)
            if !isAlone { earliest = min(earliest, spans[place].start) }
        }
        return earliest
    }
}

extension ComponentMappings {
    /// For most users' requests, authentication is a separate trace that lasts as long as the request: without a parent
    /// its time is meaningless.
    @inline(__always)
    fileprivate func isAuthentication(_ operation: UInt16) -> Bool {
        components[Int(operation)] == Component.authentication.number
    }
}

/// One component's part of a request.
struct RequestPart: BitwiseCopyable, Sendable {
    /// Nanoseconds.
    let duration: Int64
    /// As in `RequestParts`.
    let series: UInt32
    let flags: UInt8
}

extension Array {
    /// Removes everything, keeping the memory unless it is far more than was needed.
    mutating func removeAllKeepingRoom() {
        removeAll(keepingCapacity: capacity <= 8 * Swift.max(count, 512))
    }
}
