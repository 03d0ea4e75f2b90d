/// Divides the time of requests among components, slot by slot, once their spans have come.
///
/// Works on views of the window: appending spans costs nothing more for it. Spans of one request come from two
/// processes, in any order, seconds apart; a slot is attributed for good once it has settled, before that for a look.
package struct Attributor: ~Copyable, Sendable {
    package let components: ComponentTable
    /// How long after its end a slot is attributed for good, nanoseconds.
    package let settle: Int64
    package private(set) var totals = ComponentTotals()

    /// Those of the slots of the view at hand, in its order.
    private var indexes: [SlotIndex] = []
    private var charges: [Charge] = []
    private var tree = TraceTree()
    private var partition = Partition()

    package init(components: ComponentTable = ComponentTable(), settle: Int64 = 30_000_000_000) {
        self.components = components
        self.settle = settle
    }

    /// Bytes of the trace indexes.
    package var byteCount: Int { indexes.reduce(0) { $0 + $1.traces.byteCount } }

    /// Whether `settle(view:at:)` would find a slot to attribute for good.
    package func isDue(_ view: WindowView, at clock: Int64) -> Bool {
        view.slots.contains { $0.attribution == nil && $0.end.addingSaturating(settle) <= clock }
    }

    /// Attributes the slots that have settled by a time (Unix nanoseconds) and hold no attribution yet.
    package mutating func settle(_ view: WindowView, at clock: Int64) -> [(slot: Int64, attribution: SlotAttribution)] {
        index(view)
        var settled: [(slot: Int64, attribution: SlotAttribution)] = []
        for (place, slot) in view.slots.enumerated()
        where slot.attribution == nil && slot.end.addingSaturating(settle) <= clock {
            let attribution = attribute(place, of: view)
            totals.add(attribution)
            settled.append((slot.start, attribution))
        }
        return settled
    }

    /// The view with every slot that has not settled attributed by what has come so far.
    package mutating func attributed(_ view: WindowView) -> WindowView {
        index(view)
        var view = view
        for place in view.slots.indices where view.slots[place].attribution == nil {
            let attribution = attribute(place, of: view)
            view.attach(attribution, toSlotAt: place)
        }
        return view
    }

    /// Brings the indexes up to what the view holds.
    private mutating func index(_ view: WindowView) {
        while charges.count < view.operations.count {
            charges.append(components.charge(view.operations[charges.count]))
        }
        var known = 0
        var current: [SlotIndex] = []
        current.reserveCapacity(view.slots.count)
        for slot in view.slots {
            while known < indexes.count, indexes[known].start < slot.start { known += 1 }
            // A view that is older than the index begins anew.
            let isKnown =
                known < indexes.count && indexes[known].start == slot.start
                && indexes[known].traces.rowCount <= slot.count
            current.append(isKnown ? indexes[known] : SlotIndex(start: slot.start))
            if isKnown { indexes[known].traces = TraceIndex(seed: ByteHash.seed) }
            current[current.count - 1].traces.extend(slot)
        }
        indexes = current
    }

    // MARK: A slot

    private mutating func attribute(_ place: Int, of view: WindowView) -> SlotAttribution {
        var work = SlotWork(rows: view.slots[place].count)
        for trace in 0..<indexes[place].traces.traceCount {
            gather(indexes[place].traces.trace(trace), at: place, of: view)
            tree.link()
            attributeTrace(view.slots[place], &work)
        }
        return SlotAttribution(work)
    }

    /// Fills the tree with a trace's spans, of this slot and of all that its spans reach into.
    private mutating func gather(_ trace: TraceIndex.Trace, at place: Int, of view: WindowView) {
        tree.removeAll()
        var earliest = Int64.max
        var next: Int? = trace.lastRow
        while let row = next {
            let (block, offset) = Slot.locate(row)
            let columns = view.slots[place].blocks[block]
            earliest = min(earliest, columns.columns.start[offset])
            tree.add(columns.columns, offset, row: Int32(truncatingIfNeeded: row))
            next = indexes[place].traces.rowBefore(row)
        }
        var other = place + 1
        while other < view.slots.count {
            if indexes[other].traces.mayReachBack(trace) { gather(trace, from: other, of: view) }
            other += 1
        }
        other = place - 1
        while other >= 0, view.slots[other].end > earliest {
            gather(trace, from: other, of: view)
            other -= 1
        }
    }

    private mutating func gather(_ trace: TraceIndex.Trace, from place: Int, of view: WindowView) {
        var next = indexes[place].traces.lastRow(of: trace)
        while let row = next {
            let (block, offset) = Slot.locate(row)
            tree.add(view.slots[place].blocks[block].columns, offset, row: -1)
            next = indexes[place].traces.rowBefore(row)
        }
    }

    private mutating func attributeTrace(_ slot: SlotView, _ work: inout SlotWork) {
        let charges = charges
        for place in 0..<tree.count where tree.members[place].row >= 0 {
            let row = Int(tree.members[place].row)
            if !tree.members[place].isLongRunning, !isDetached(place, charges) {
                work.setSelfTime(tree.members[place].selfTime, row: row)
            }
            if tree.members[place].isRequest {
                partition.divide(TraceTree.Place(truncatingIfNeeded: place), of: tree, charges.span)
                let labels = slot.row(row)
                work.add(partition, ofRequestAt: row, series: labels.request - 1, flags: labels.flags.rawValue)
            }
        }
    }
}

extension Attributor {
    /// Of most users' requests the authentication is a trace of its own, as long as the request.
    @inline(__always)
    private func isDetached(_ place: Int, _ charges: [Charge]) -> Bool {
        tree.members[place].parent < 0 && tree.members[place].firstChild < 0
            && charges[Int(tree.members[place].operation)].target == .component(.authentication)
    }
}

/// The traces of one slot.
private struct SlotIndex: Sendable {
    /// Unix nanoseconds.
    let start: Int64
    var traces = TraceIndex(seed: ByteHash.seed)
}
