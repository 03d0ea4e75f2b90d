/// Divides the requests of one trace after the other.
struct RequestDivision: ~Copyable, Sendable {
    private var tree = TraceTree()
    private var partition = Partition()
    private(set) var work = SlotWork()

    var byteCount: Int { tree.byteCount + work.byteCount }

    mutating func removeAll() {
        work.removeAll()
    }

    /// Attributes the spans of a trace, at most `TraceTree.unorderedMax`.
    @inline(__always)
    mutating func divide(_ spans: borrowing Column<TraceSpan>, _ range: Range<Int>, _ charges: borrowing ChargeTable) {
        let spans = spans.span(range)
        guard spans.count > 1 || spans[0].request > 0 else {
            // Most such traces are the authentication of some request.
            if charges.isCall(spans[0]), !spans[0].flags.isLongRunning {
                work.addCall(spans[0].operation, selfTime: spans[0].duration)
            }
            return
        }
        tree.link(spans)
        divideLinked(spans, charges)
    }

    /// Attributes the spans of a trace, in order of time if they are more than that.
    mutating func divide(_ spans: [TraceSpan], _ charges: borrowing ChargeTable) {
        tree.link(spans.span)
        divideLinked(spans.span, charges)
    }

    /// The same, unless spans that count began before a time.
    ///
    /// - Returns: when the first of them began; nil if none did.
    mutating func divide(_ spans: [TraceSpan], ifNotBefore start: Int64, _ charges: borrowing ChargeTable) -> Int64? {
        tree.link(spans.span)
        let earliest = earliestStart(spans.span, charges)
        if earliest < start { return earliest }
        divideLinked(spans.span, charges)
        return nil
    }

    private mutating func divideLinked(_ spans: Span<TraceSpan>, _ charges: borrowing ChargeTable) {
        partition.removeAll()
        let given = partition.give(spans, tree.links, charges.components, calls: tree.calls)
        for call in 0..<given.callCount { addCall(Int(tree.calls[call]), spans) }
        guard tree.requestCount > 0 else { return }
        if !given.dependOnParent, tree.isOneRequest(spans) {
            takeBackAbove(spans, charges)
            work.add(partition, of: spans[Int(tree.request)])
        } else {
            divideEach(spans, charges)
        }
    }

    @inline(__always)
    private mutating func addCall(_ place: Int, _ spans: Span<TraceSpan>) {
        guard spans[place].isHere, !tree.links[place].isLongRunning else { return }
        work.addCall(spans[place].operation, selfTime: tree.links[place].selfTime)
    }

    /// What is above the only request is no part of it.
    private mutating func takeBackAbove(_ spans: Span<TraceSpan>, _ charges: borrowing ChargeTable) {
        var above = Int(tree.links[Int(tree.request)].parent)
        while above >= 0 {
            partition.takeBack(tree.links[above].selfTime, from: charges.components[Int(spans[above].operation)])
            above = Int(tree.links[above].parent)
        }
    }

    private mutating func divideEach(_ spans: Span<TraceSpan>, _ charges: borrowing ChargeTable) {
        tree.orderChildren(spans)
        for place in 0..<spans.count where spans[place].isRequestHere {
            partition.divide(TraceTree.Place(truncatingIfNeeded: place), of: tree, spans, charges.charges)
            work.add(partition, of: spans[place])
        }
    }

    /// When the first of those spans of the slot began whose time is divided.
    private func earliestStart(_ spans: Span<TraceSpan>, _ charges: borrowing ChargeTable) -> Int64 {
        var earliest = Int64.max
        for place in 0..<spans.count {
            let span = spans[place]
            let isCall = charges.isCall(span) && span.isHere && !tree.links[place].isLongRunning
            if span.isRequestHere || isCall { earliest = min(earliest, span.start) }
        }
        return earliest
    }
}

extension ChargeTable {
    /// Whether a span is a call of etcd by the API server.
    @inline(__always)
    fileprivate func isCall(_ span: TraceSpan) -> Bool {
        components[Int(span.operation)] == Component.etcdClient.number
    }
}
