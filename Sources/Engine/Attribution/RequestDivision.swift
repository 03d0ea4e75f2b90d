/// Divides the requests of one trace after the other.
struct RequestDivision: ~Copyable, Sendable {
    private var tree = TraceTree()
    private var partition = Partition()
    private(set) var work = SlotWork()
    private let buckets = LatencyBucket.shared

    var byteCount: Int { tree.byteCount + work.byteCount }

    mutating func removeAll() {
        work.removeAll()
    }

    /// Attributes the spans of a trace, at most `TraceTree.unorderedMax`.
    ///
    /// - Parameter selfTimes: by row of the slot; those of spans without children are right already.
    mutating func divide(
        _ spans: borrowing Column<TraceSpan>, _ range: Range<Int>, _ charges: borrowing ChargeTable,
        _ selfTimes: inout SelfTimes
    ) {
        let spans = spans.span(range)
        tree.link(spans)
        divideLinked(spans, charges, &selfTimes)
    }

    /// Attributes the spans of a trace, in order of time if they are more than that.
    mutating func divide(
        _ spans: [TraceSpan], _ charges: borrowing ChargeTable, _ selfTimes: inout SelfTimes
    ) {
        tree.link(spans.span)
        divideLinked(spans.span, charges, &selfTimes)
    }

    /// The same, unless spans that count began before a time.
    ///
    /// - Returns: when the first of them began; nil if none did.
    mutating func divide(
        _ spans: [TraceSpan], ifNotBefore start: Int64, _ charges: borrowing ChargeTable,
        _ selfTimes: inout SelfTimes
    ) -> Int64? {
        tree.link(spans.span)
        let earliest = earliestStart(spans.span, charges)
        if earliest < start { return earliest }
        divideLinked(spans.span, charges, &selfTimes)
        return nil
    }

    private mutating func divideLinked(
        _ spans: Span<TraceSpan>, _ charges: borrowing ChargeTable, _ selfTimes: inout SelfTimes
    ) {
        setSelfTimes(spans, charges, &selfTimes)
        guard tree.requestCount > 0 else { return }
        if tree.isOneRequest(spans), partition.sum(tree, spans, charges) {
            return addRequest(spans[Int(tree.request)])
        }
        tree.orderChildren(spans)
        for place in 0..<spans.count where spans[place].isRequestHere {
            partition.divide(TraceTree.Place(truncatingIfNeeded: place), of: tree, spans, charges.charges)
            addRequest(spans[place])
        }
    }

    private mutating func addRequest(_ span: TraceSpan) {
        work.add(partition, ofRequestAt: span.row, series: span.request &- 1, flags: span.flags)
    }

    private func setSelfTimes(
        _ spans: Span<TraceSpan>, _ charges: borrowing ChargeTable, _ selfTimes: inout SelfTimes
    ) {
        for place in 0..<spans.count where spans[place].isHere {
            let link = tree.links[place]
            if link.isLongRunning || link.parent < 0 && charges.isAuthentication(spans[place].operation) {
                selfTimes.remove(row: spans[place].row)
            } else if link.hasChildren {
                selfTimes.set(link.selfTime, bucket: buckets.code(link.selfTime), row: spans[place].row)
            }
        }
    }

    /// When the first of those spans of the slot began whose time counts: no watch and what is below it, and no
    /// authentication that stands alone.
    private func earliestStart(_ spans: Span<TraceSpan>, _ charges: borrowing ChargeTable) -> Int64 {
        var earliest = Int64.max
        for place in 0..<spans.count where spans[place].isHere && !tree.links[place].isLongRunning {
            let isAlone = spans[place].parentID == 0 && charges.isAuthentication(spans[place].operation)
            if !isAlone { earliest = min(earliest, spans[place].start) }
        }
        return earliest
    }
}

extension ChargeTable {
    /// Of most users' requests the authentication is a trace of its own, as long as the request: without a parent it
    /// says nothing.
    @inline(__always)
    fileprivate func isAuthentication(_ operation: UInt16) -> Bool {
        components[Int(operation)] == Component.authentication.number
    }
}
