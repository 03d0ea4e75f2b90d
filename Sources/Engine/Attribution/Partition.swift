/// Divides a request's time among components: each instant belongs to one span.
///
/// From the request's span down, an instant belongs to the child that covers it, children being cut to their parent; if
/// several do, to the one that started last. The parts sum to the request's duration to the nanosecond.
struct Partition: ~Copyable, Sendable {
    /// Nanoseconds by component number.
    private(set) var parts = InlineArray<32, Int64>(repeating: 0)
    /// One bit for each component that has a part.
    private(set) var present: UInt32 = 0

    private var root = TraceTree.none
    /// Children that may own the instant being looked at, of all spans on the way down.
    private var open: [TraceTree.Place] = []
    private var stepsLeft = 0

    /// Steps for each span of a trace: siblings that all overlap cost the square of their number, which real ones don't.
    private static let stepsPerSpan = 64

    /// Fills `parts` for the request at a place of a tree.
    mutating func divide(_ request: TraceTree.Place, of tree: borrowing TraceTree, _ charges: Span<Charge>) {
        while present != 0 {
            parts[present.trailingZeroBitCount] = 0
            present &= present &- 1
        }
        root = request
        if tree.isNested {
            walk(tree, charges)
        } else {
            stepsLeft = tree.count * Self.stepsPerSpan
            let span = tree.members[Int(request)]
            let outside = TraceTree.Owner(component: .apiServer)
            give(from: span.start, to: span.end, to: Int(request), below: outside, depth: 0, tree, charges)
        }
    }

    @inline(__always)
    private mutating func add(_ duration: Int64, to component: Component) {
        guard duration > 0 else { return }
        parts[Int(component.number)] &+= duration
        present |= 1 &<< UInt32(component.number)
    }

    // MARK: Nested spans

    /// Where spans nest, each owns its self time: the request's descendants one after the other.
    private mutating func walk(_ tree: borrowing TraceTree, _ charges: Span<Charge>) {
        var place = Int(root)
        var owner = TraceTree.Owner(component: .apiServer).below(charges[Int(tree.members[place].operation)])
        var depth = 0
        while true {
            tree.members[place].owner = owner
            let child = Int(tree.members[place].firstChild)
            if child >= 0, depth < TraceTree.depthMax {
                add(tree.members[place].selfTime, to: owner.component)
                place = child
                depth &+= 1
            } else {
                add(tree.members[place].end &- tree.members[place].start, to: owner.component)
                while place != Int(root), tree.members[place].nextSibling < 0 {
                    place = Int(tree.members[place].parent)
                    depth &-= 1
                }
                if place == Int(root) { return }
                place = Int(tree.members[place].nextSibling)
            }
            owner = tree.members[Int(tree.members[place].parent)].owner.below(
                charges[Int(tree.members[place].operation)])
        }
    }

    // MARK: Spans that overlap

    private mutating func give(
        from start: Int64, to end: Int64, to place: Int, below: TraceTree.Owner, depth: Int,
        _ tree: borrowing TraceTree, _ charges: Span<Charge>
    ) {
        let owner = below.below(charges[Int(tree.members[place].operation)])
        var next = depth < TraceTree.depthMax ? tree.members[place].firstChild : TraceTree.none
        let base = open.count
        var time = start
        while next >= 0 {
            let child = Int(next)
            stepsLeft -= 1
            if tree.members[child].start >= end || stepsLeft < 0 { break }
            if tree.members[child].end > start {
                pass(from: &time, to: tree.members[child].start, base, owner, depth, tree, charges)
                open.append(next)
            }
            next = tree.members[child].nextSibling
        }
        pass(from: &time, to: end, base, owner, depth, tree, charges)
        open.removeLast(open.count - base)
    }

    /// Gives the time up to an instant to the open children, and what none of them covers to their parent.
    private mutating func pass(
        from time: inout Int64, to limit: Int64, _ base: Int, _ owner: TraceTree.Owner, _ depth: Int,
        _ tree: borrowing TraceTree, _ charges: Span<Charge>
    ) {
        while time < limit {
            guard open.count > base, let last = open.last else {
                add(limit &- time, to: owner.component)
                time = limit
                return
            }
            let until = min(tree.members[Int(last)].end, limit)
            if until <= time {
                open.removeLast()
            } else {
                give(from: time, to: until, to: Int(last), below: owner, depth: depth + 1, tree, charges)
                time = until
            }
        }
    }
}
