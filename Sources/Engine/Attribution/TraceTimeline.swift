/// Which component each stretch of a trace's requests belongs to: the parts that attribution adds up, each with its
/// position in time.
///
/// For displaying a single trace; `RequestDivision` does the same for all, keeping only the sums.
package struct TraceTimeline: Sendable {
    /// A stretch of a request. Times are Unix nanoseconds.
    package struct Part: Equatable, Sendable {
        package var component: Component
        /// The index of the span that owns it.
        package var span: Int
        package var start: Int64
        package var end: Int64
    }

    package struct Request: Sendable {
        /// The index of its SERVER span.
        package var span: Int
        /// Where its authentication began if that is its parent or was tied to it, else the start of its span.
        package var start: Int64
        package var end: Int64
        /// In order of time, without gaps: they add up to its duration.
        package var parts: [Part]
    }

    package private(set) var requests: [Request] = []
    /// By span: what its time counts for.
    package private(set) var components: [Component] = []
    /// By span, nanoseconds: its duration without what its children cover.
    package private(set) var selfTimes: [Int64] = []
    /// By span: whether the end of its root waited for it.
    package private(set) var isCritical: [Bool] = []

    private let spans: [TraceSpan]
    private let mappings: [ComponentMapping]
    private let tied: [Int: Int]
    private var tree = Tree()
    private var stepsLeft = 0

    /// The children of each span, in the order in which they own time.
    private struct Tree: Sendable {
        var parents: [Int] = []
        /// As in `TraceTree.Link`.
        var isPassedOn: [Bool] = []
        var children: [[Int]] = []
    }

    private static let stepsPerSpan = 64

    /// - Parameters:
    ///   - spans: of one trace; those beyond `TraceTree.spansMax` are ignored.
    ///   - operations: by the spans' operation numbers.
    ///   - tied: the index of an authentication that was tied by time to a request, by that of its SERVER span.
    package init(
        _ spans: [SpanRow], _ operations: [OperationLabels], _ table: ComponentTable, tied: [Int: Int] = [:]
    ) {
        let spans = spans.prefix(TraceTree.spansMax).map { TraceSpan($0, row: 0) }
        self.tied = tied.filter { $0.value < spans.count }
        self.spans = spans
        mappings = operations.map { table.mapping($0) }
        link()
        components = Array(repeating: .apiServer, count: self.spans.count)
        isCritical = Array(repeating: false, count: self.spans.count)
        let outside = TraceTree.SpanOwner(component: .apiServer)
        for root in tree.parents.indices where tree.parents[root] < 0 {
            own(root, below: outside, depth: 0)
            markCritical(root, until: self.spans[root].end, depth: 0)
        }
        for index in self.spans.indices where self.spans[index].isRequestHere && !tree.isPassedOn[index] {
            divide(index)
        }
    }

    private mutating func link() {
        let (tree, selfTimes) = Self.tree(spans, mappings)
        self.tree = tree
        self.selfTimes = selfTimes
    }

    private static func tree(
        _ spans: [TraceSpan], _ mappings: [ComponentMapping]
    ) -> (Tree, selfTimes: [Int64]) {
        var linked = TraceTree()
        linked.link(spans.span)
        linked.orderChildren(spans.span)
        linked.markPassedOn(spans.span, mappings)
        var tree = Tree()
        tree.children = Array(repeating: [], count: spans.count)
        for index in spans.indices {
            tree.parents.append(Int(linked.links[index].parent))
            tree.isPassedOn.append(linked.links[index].isPassedOn)
            var next = linked.parentLink[index].firstChild
            while next >= 0 {
                tree.children[index].append(Int(next))
                next = linked.parentLink[Int(next)].nextSibling
            }
        }
        return (tree, spans.indices.map { max(linked.links[$0].selfTime, 0) })
    }

    private mutating func own(_ index: Int, below: TraceTree.SpanOwner, depth: Int) {
        let owner = below.below(mappings[Int(spans[index].operation)], isPassedOn: tree.isPassedOn[index])
        components[index] = owner.component
        guard depth < TraceTree.depthMax else { return }
        for child in tree.children[index] { own(child, below: owner, depth: depth + 1) }
    }

    /// Walks back from a span's end: each time to the child that ended last.
    private mutating func markCritical(_ index: Int, until end: Int64, depth: Int) {
        isCritical[index] = true
        guard depth < TraceTree.depthMax else { return }
        var time = end
        for child in tree.children[index].sorted(by: { spans[$0].end > spans[$1].end }) {
            guard spans[child].start < time, spans[child].end > spans[index].start else { continue }
            // A child that ends while a later one runs doesn't hold the parent up.
            guard spans[child].end <= time || spans[child].end > end else { continue }
            markCritical(child, until: min(spans[child].end, time), depth: depth + 1)
            time = spans[child].start
        }
    }

    // MARK: Requests

    private mutating func divide(_ index: Int) {
        let span = spans[index]
        var request = Request(span: index, start: span.start, end: span.end, parts: [])
        if let first = authentication(of: index), spans[first].start < span.start {
            request.start = spans[first].start
            request.parts = [
                Part(component: .authentication, span: first, start: spans[first].start, end: span.start)
            ]
        }
        stepsLeft = spans.count * Self.stepsPerSpan
        let outside = TraceTree.SpanOwner(component: .apiServer)
        give(from: span.start, to: span.end, to: index, below: outside, depth: 0, &request.parts)
        requests.append(request)
    }

    /// Its parent, or what was tied to it: an API server that calls itself has a CLIENT span above the request.
    private func authentication(of index: Int) -> Int? {
        let parent = tree.parents[index]
        let isAuthentication =
            parent >= 0 && mappings[Int(spans[parent].operation)].component == Component.authentication.number
        return isAuthentication ? parent : tied[index]
    }

    /// Gives a stretch to a span and its children, as `RequestPartition` does.
    private mutating func give(
        from start: Int64, to end: Int64, to index: Int, below: TraceTree.SpanOwner, depth: Int, _ parts: inout [Part]
    ) {
        let owner = below.below(mappings[Int(spans[index].operation)], isPassedOn: tree.isPassedOn[index])
        var open: [Int] = []
        var time = start
        func pass(to limit: Int64, _ own: inout Self, _ parts: inout [Part]) {
            while time < limit {
                guard let last = open.last else {
                    Self.add(Part(component: owner.component, span: index, start: time, end: limit), to: &parts)
                    time = limit
                    return
                }
                let until = min(own.spans[last].end, limit)
                if until <= time {
                    open.removeLast()
                } else {
                    own.give(from: time, to: until, to: last, below: owner, depth: depth + 1, &parts)
                    time = until
                }
            }
        }
        for child in depth < TraceTree.depthMax ? tree.children[index] : [] {
            stepsLeft -= 1
            if spans[child].start >= end || stepsLeft < 0 { break }
            if spans[child].end > start {
                pass(to: min(spans[child].start, end), &self, &parts)
                open.append(child)
            }
        }
        pass(to: end, &self, &parts)
    }

    private static func add(_ part: Part, to parts: inout [Part]) {
        if let last = parts.last, last.span == part.span, last.component == part.component, last.end == part.start {
            parts[parts.count - 1].end = part.end
        } else {
            parts.append(part)
        }
    }
}
