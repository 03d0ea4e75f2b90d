// Sorted children: needed if they overlap or extend beyond their parent, and to descend from a request.
extension TraceTree {
    struct ParentLink: BitwiseCopyable, Sendable {
        var firstChild = TraceTree.none
        var lastChild = TraceTree.none
        /// The next child of the same parent; the last child that covers an instant owns it.
        var nextSibling = TraceTree.none
        /// The owner of its time, set when a request above it is divided.
        var owner = SpanOwner(component: .apiServer)
    }

    /// The component that a span's time counts for, and the webhook above it.
    struct SpanOwner: BitwiseCopyable, Sendable {
        var component: Component
        var webhook: Component?
        /// Whether it lies below the call that passed the request on: all of that is the call's.
        var isPassedOn = false

        /// The owner of a child.
        ///
        /// - Parameter isPassedOn: as in the child's `Link`.
        @inline(__always)
        func below(_ mapping: ComponentMapping, isPassedOn isMarked: Bool) -> SpanOwner {
            if isPassedOn || isMarked { return SpanOwner(component: .proxy, isPassedOn: true) }
            let above = mapping.isServer ? nil : webhook
            switch mapping.target {
            case .component(let component):
                return SpanOwner(component: component, webhook: component.isWebhook ? component : above)
            case .webhookAbove(let other): return SpanOwner(component: above ?? other, webhook: above)
            case .parent: return SpanOwner(component: component, webhook: above)
            }
        }
    }

    /// Sorts the children of all spans, and determines whether they nest.
    mutating func orderChildren(_ spans: Span<TraceSpan>) {
        guard !isOrdered else { return }
        isOrdered = true
        for index in 0..<count {
            parentLink[index] = ParentLink()
            links[index].selfTime = spans[index].duration
        }
        for index in 0..<count where links[index].parent >= 0 {
            insert(index, below: Int(links[index].parent), spans)
        }
        if !isNested { measureSelfTimes(spans) }
    }

    /// Inserts a child among its siblings, in order.
    private mutating func insert(_ child: Int, below parent: Int, _ spans: Span<TraceSpan>) {
        let (start, end) = (spans[child].start, spans[child].end)
        links[parent].selfTime &-= end &- start
        if start < spans[parent].start || end > spans[parent].end { isNested = false }
        let first = Int(parentLink[parent].firstChild)
        var before = Int(parentLink[parent].lastChild)
        if before >= 0, !TraceSpan.isBefore(spans[before], spans[child]) {
            // Children mostly come in order, or in reverse.
            before = TraceSpan.isBefore(spans[child], spans[first]) ? -1 : indexBefore(child, from: first, spans)
        }
        var after = first
        if before >= 0 {
            after = Int(parentLink[before].nextSibling)
            parentLink[before].nextSibling = Index(truncatingIfNeeded: child)
            if spans[before].end > start { isNested = false }
        } else {
            parentLink[parent].firstChild = Index(truncatingIfNeeded: child)
        }
        parentLink[child].nextSibling = Index(truncatingIfNeeded: after)
        if after < 0 {
            parentLink[parent].lastChild = Index(truncatingIfNeeded: child)
        } else if end > spans[after].start {
            isNested = false
        }
    }

    /// The last sibling, starting at `first`, that belongs before a child.
    private func indexBefore(_ child: Int, from first: Int, _ spans: Span<TraceSpan>) -> Int {
        var index = first
        while true {
            let next = Int(parentLink[index].nextSibling)
            if next < 0 || TraceSpan.isBefore(spans[child], spans[next]) { return index }
            index = next
        }
    }

    /// Computes self times when siblings overlap or extend beyond their parent.
    private func measureSelfTimes(_ spans: Span<TraceSpan>) {
        for index in 0..<count {
            let end = spans[index].end
            var time = spans[index].start
            var own: Int64 = 0
            var next = parentLink[index].firstChild
            while next >= 0 {
                let child = Int(next)
                next = parentLink[child].nextSibling
                if spans[child].start >= end { break }
                if spans[child].end <= time { continue }
                if spans[child].start > time { own &+= spans[child].start &- time }
                time = spans[child].end
            }
            links[index].selfTime = time < end ? own &+ (end &- time) : own
        }
    }
}
