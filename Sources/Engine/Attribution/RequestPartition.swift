/// Divides a request's time among components; each instant belongs to one span.
///
/// Starting from the request's span, an instant belongs to the child that covers it (children are clipped to their
/// parent); if several do, to the one that started last. The parts add up to the request's duration, to the nanosecond.
struct RequestPartition: ~Copyable, Sendable {
    /// Nanoseconds by component number.
    let parts = Column<Int64>(capacity: ComponentTable.countMax)
    /// One bit for each component that may have a part.
    private(set) var present: UInt32 = 0

    private var root = TraceTree.none
    /// Children, of all spans on the way down, that may own the current instant.
    private var open: [TraceTree.Index] = []
    private var stepsLeft = 0

    init() {
        parts.fill(ComponentTable.countMax, with: 0)
    }

    /// Step budget per span of a trace. Siblings that all overlap cost the square of their number, but real ones don't.
    private static let stepsPerSpan = 64

    /// Credits each span's self time to its component, and records it in `selfTimes`.
    ///
    /// - Returns: whether any span's component depends on the spans above.
    mutating func give(
        _ spans: Span<TraceSpan>, _ links: borrowing Column<TraceTree.Link>, _ components: [UInt8],
        _ selfTimes: inout SelfTimes
    ) -> Bool {
        let given = Self.give(spans, links, components.span, parts, selfTimes.durations)
        present = given.present
        selfTimes.hasAtLeast(given.least)
        return given.all & ComponentMapping.dependsOnParent != 0
    }

    /// Branch-free, since the kind of a span can't be predicted.
    private static func give(
        _ spans: Span<TraceSpan>, _ links: borrowing Column<TraceTree.Link>, _ components: Span<UInt8>,
        _ parts: borrowing Column<Int64>, _ selfTimes: borrowing Column<Int64>
    ) -> (present: UInt32, all: UInt8, least: Int64) {
        let rowElsewhere = selfTimes.capacity &- 1
        var present: UInt32 = 0
        var all: UInt8 = 0
        var least = Int64.max
        for index in 0..<spans.count {
            let component = components[Int(spans[index].operation)]
            let number = Int(component) & (ComponentTable.countMax - 1)
            let selfTime = links[index].selfTime
            all |= component
            present |= 1 &<< UInt32(truncatingIfNeeded: number)
            parts[number] &+= selfTime
            selfTimes[min(spans[index].row, rowElsewhere)] = selfTime
            least = min(least, selfTime)
        }
        return (present, all, least)
    }

    /// Whether a component may have a part.
    @inline(__always)
    func mayHave(_ component: Component) -> Bool { present &>> UInt32(component.number) & 1 == 1 }

    /// Takes a span's time back from its component.
    mutating func takeBack(_ duration: Int64, from component: UInt8) {
        parts[Int(component) & (ComponentTable.countMax - 1)] &-= duration
    }

    mutating func removeAll() {
        while present != 0 {
            parts[present.trailingZeroBitCount] = 0
            present &= present &- 1
        }
    }

    /// Fills `parts` for a request of a tree whose children are sorted.
    mutating func divide(
        _ request: TraceTree.Index, of tree: borrowing TraceTree, _ spans: Span<TraceSpan>,
        _ mappings: [ComponentMapping]
    ) {
        removeAll()
        root = request
        if tree.isNested {
            walk(tree, spans, mappings)
        } else {
            stepsLeft = tree.count * Self.stepsPerSpan
            let span = spans[Int(request)]
            let outside = TraceTree.SpanOwner(component: .apiServer)
            give(from: span.start, to: span.end, to: Int(request), below: outside, depth: 0, tree, spans, mappings)
        }
    }

    @inline(__always)
    mutating func add(_ duration: Int64, to component: Component) {
        guard duration > 0 else { return }
        parts[Int(component.number)] &+= duration
        present |= 1 &<< UInt32(component.number)
    }

    // MARK: Nested spans

    /// Nested spans own their self times: visits the request's descendants in turn.
    private mutating func walk(_ tree: borrowing TraceTree, _ spans: Span<TraceSpan>, _ mappings: [ComponentMapping]) {
        var index = Int(root)
        var owner = TraceTree.SpanOwner(component: .apiServer).below(
            mappings[Int(spans[index].operation)], isPassedOn: tree.links[index].isPassedOn)
        var depth = 0
        while true {
            tree.parentLink[index].owner = owner
            let child = Int(tree.parentLink[index].firstChild)
            if child >= 0, depth < TraceTree.depthMax {
                add(tree.links[index].selfTime, to: owner.component)
                index = child
                depth &+= 1
            } else {
                add(spans[index].duration, to: owner.component)
                while index != Int(root), tree.parentLink[index].nextSibling < 0 {
                    index = Int(tree.links[index].parent)
                    depth &-= 1
                }
                if index == Int(root) { return }
                index = Int(tree.parentLink[index].nextSibling)
            }
            owner = tree.parentLink[Int(tree.links[index].parent)].owner.below(
                mappings[Int(spans[index].operation)], isPassedOn: tree.links[index].isPassedOn)
        }
    }

    // MARK: Spans that overlap

    private mutating func give(
        from start: Int64, to end: Int64, to index: Int, below: TraceTree.SpanOwner, depth: Int,
        _ tree: borrowing TraceTree, _ spans: Span<TraceSpan>, _ mappings: [ComponentMapping]
    ) {
        let owner = below.below(
            mappings[Int(spans[index].operation)], isPassedOn: tree.links[index].isPassedOn)
        var next = depth < TraceTree.depthMax ? tree.parentLink[index].firstChild : TraceTree.none
        let base = open.count
        var time = start
        while next >= 0 {
            let child = Int(next)
            stepsLeft -= 1
            if spans[child].start >= end || stepsLeft < 0 { break }
            if spans[child].end > start {
                pass(from: &time, to: spans[child].start, base, owner, depth, tree, spans, mappings)
                open.append(next)
            }
            next = tree.parentLink[child].nextSibling
        }
        pass(from: &time, to: end, base, owner, depth, tree, spans, mappings)
        open.removeLast(open.count - base)
    }

    /// Gives the time up to `limit` to the open children, and time that none covers to their parent.
    private mutating func pass(
        from time: inout Int64, to limit: Int64, _ base: Int, _ owner: TraceTree.SpanOwner, _ depth: Int,
        _ tree: borrowing TraceTree, _ spans: Span<TraceSpan>, _ mappings: [ComponentMapping]
    ) {
        while time < limit {
            guard open.count > base, let last = open.last else {
                add(limit &- time, to: owner.component)
                time = limit
                return
            }
            let until = min(spans[Int(last)].end, limit)
            if until <= time {
                open.removeLast()
            } else {
                give(from: time, to: until, to: Int(last), below: owner, depth: depth + 1, tree, spans, mappings)
                time = until
            }
        }
    }
}
