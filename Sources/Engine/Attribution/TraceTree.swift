/// The parent and the self time of each span of one trace. Reused for the next trace.
///
/// In nearly all traces children lie within their parent, one after the other. Self times then follow from one pass
/// over the spans, without sorting children (`TraceTree+Children.swift` handles the others).
struct TraceTree: ~Copyable, Sendable {
    /// An index among the spans of the trace, or `none`.
    typealias Index = Int32
    static let none: Index = -1

    /// A span's parent, and the times derived from its children.
    struct Link: BitwiseCopyable, Sendable {
        /// Its duration without what its children cover, nanoseconds.
        var selfTime: Int64
        /// From the first start of its children to their last end.
        var childrenStart = Int64.max
        var childrenEnd = Int64.min
        var parent = TraceTree.none
        /// Whether it is, or is below, a long-running request.
        var isLongRunning: Bool
        /// Whether it is another API server's SERVER span of the same request, or that one's authentication.
        var isPassedOn = false
    }

    /// Number of spans in the current trace.
    private(set) var count = 0
    var links = Column<Link>(capacity: spansMin)
    /// Whether no span extends beyond its parent and no siblings overlap: a span's part of a request is then its self
    /// time.
    var isNested = true
    /// Whether all children are sorted.
    var isOrdered = false
    private(set) var hasLongRunning = false
    /// Whether any of its spans `isPassedOn`.
    var hasPassedOn = false
    /// Whether several spans are requests, here or elsewhere.
    private(set) var hasSeveralRequests = false
    /// Number of spans whose parent is missing.
    private(set) var rootCount = 0
    /// Number of requests in the current slot, and the last of them.
    private(set) var requestCount = 0
    private(set) var request = TraceTree.none

    var parentLink = Column<ParentLink>(capacity: spansMin)
    /// The indices of spans by id, plus one: open addressing, at most a quarter full, so that collisions are rare.
    private var indices = Column<UInt16>(capacity: cellsMin)
    /// Cells of `indices` in use, a power of two.
    private var cellCount = 0
    private let seed = ByteHash.seed

    /// Longer cycles stay, since nothing follows them that far.
    private static let circleMax = 1024
    /// Deeper spans are ignored.
    static let depthMax = 128
    /// Larger traces are cut; no control plane's trace comes near.
    static let spansMax = 1 << 16 - 1
    private static let spansMin = 64
    private static let cellsMin = 256
    /// Larger traces are sorted first, so that each child comes after its earlier siblings.
    static let unorderedMax = 64

    var byteCount: Int {
        links.capacity * MemoryLayout<Link>.stride + parentLink.capacity * MemoryLayout<ParentLink>.stride
            + indices.capacity * 2
    }

    /// Finds every span's parent and self time.
    ///
    /// - Parameter spans: of one trace, at most `spansMax`; in order of time if they are more than `unorderedMax`.
    mutating func link(_ spans: Span<TraceSpan>) {
        count = spans.count
        makeRoom()
        let mask = cellCount - 1
        indices.fill(cellCount, with: 0)
        let found = Self.index(spans, links, indices, mask, seed)
        hasLongRunning = found.flags & SpanFlags.longRunning != 0
        requestCount = 0
        hasPassedOn = false
        hasSeveralRequests = false
        if found.requests != 0 { findRequests(spans) }
        let parents = Self.findParents(spans, links, indices, mask, seed)
        rootCount = parents.rootCount
        if parents.mayCircle { cutCircles() }
        isNested = true
        isOrdered = false
        if !Self.takeTimes(spans, links) { orderChildren(spans) }
        if hasLongRunning { markLongRunning() }
    }

    private mutating func makeRoom() {
        cellCount = Self.cellsMin
        while cellCount < count &* 4 { cellCount &*= 2 }
        let isFarTooLarge = links.capacity > 4096 && count <= Self.unorderedMax
        if cellCount > indices.capacity || isFarTooLarge { indices = Column(capacity: cellCount * 2) }
        guard count > links.capacity || isFarTooLarge else { return }
        let capacity = max(count * 2, Self.spansMin)
        links = Column(capacity: capacity)
        parentLink = Column(capacity: capacity)
    }

    private mutating func findRequests(_ spans: Span<TraceSpan>) {
        var first = -1
        for index in 0..<spans.count where spans[index].request > 0 {
            if first < 0 { first = index } else { hasSeveralRequests = true }
            guard spans[index].isRequestHere else { continue }
            requestCount &+= 1
            request = Index(truncatingIfNeeded: index)
        }
    }

    /// Subtracts the time of each child from its parent's.
    ///
    /// - Returns: false if a child extends beyond its parent, or falls between children seen before it.
    private static func takeTimes(_ spans: Span<TraceSpan>, _ links: borrowing Column<Link>) -> Bool {
        var irregular: UInt8 = 0
        for index in 0..<spans.count {
            let parent = Int(links[index].parent)
            guard parent >= 0 else { continue }
            let (start, end) = (spans[index].start, spans[index].end)
            let above = spans[parent]
            var link = links[parent]
            // Branch-free: whether a child is the first of its siblings can't be predicted.
            irregular |= (start < above.start ? 1 : 0) | (end > above.end ? 1 : 0)
            irregular |= (end > link.childrenStart ? 1 : 0) & (start < link.childrenEnd ? 1 : 0)
            link.selfTime &-= end &- start
            link.childrenStart = min(link.childrenStart, start)
            link.childrenEnd = max(link.childrenEnd, end)
            links[parent] = link
        }
        return irregular == 0
    }

    /// A span that is its own ancestor loses its parent.
    private mutating func cutCircles() {
        var isCircular: [Int] = []
        for index in 0..<count {
            var above = Int(links[index].parent)
            var steps = 0
            while above >= 0, above != index, steps < count, steps < Self.circleMax {
                above = Int(links[above].parent)
                steps += 1
            }
            if above == index { isCircular.append(index) }
        }
        for index in isCircular { links[index].parent = Self.none }
        rootCount += isCircular.count
    }

    private func markLongRunning() {
        for index in 0..<count where !links[index].isLongRunning {
            var above = Int(links[index].parent)
            // Hostile spans may have cyclic parents.
            var steps = 0
            while above >= 0, steps < Self.depthMax, !links[above].isLongRunning {
                above = Int(links[above].parent)
                steps += 1
            }
            if above >= 0, links[above].isLongRunning { links[index].isLongRunning = true }
        }
    }

    // MARK: Spans by id

    /// Fills `indices` and initialises the links. (Columns passed as parameters stay in registers.)
    ///
    /// - Returns: the union of all spans' flags and of their request numbers.
    private static func index(
        _ spans: Span<TraceSpan>, _ links: borrowing Column<Link>, _ indices: borrowing Column<UInt16>, _ mask: Int,
        _ seed: UInt64
    ) -> (flags: UInt8, requests: UInt16) {
        var (flags, requests): (UInt8, UInt16) = (0, 0)
        for index in 0..<spans.count {
            let span = spans[index]
            var cell = firstCell(span.spanID, seed, mask)
            while indices[cell] != 0 { cell = (cell &+ 1) & mask }
            indices[cell] = UInt16(truncatingIfNeeded: index &+ 1)
            flags |= span.flags.rawValue
            requests |= span.request
            links[index] = Link(selfTime: span.duration, isLongRunning: span.flags.isLongRunning)
        }
        return (flags, requests)
    }

    private static func findParents(
        _ spans: Span<TraceSpan>, _ links: borrowing Column<Link>, _ indices: borrowing Column<UInt16>, _ mask: Int,
        _ seed: UInt64
    ) -> (rootCount: Int, mayCircle: Bool) {
        var rootCount = 0
        var mayCircle = false
        for index in 0..<spans.count {
            let id = spans[index].parentID
            var parent = -1
            if id != 0 {
                var cell = firstCell(id, seed, mask)
                parent = Int(indices[cell]) &- 1
                while parent >= 0, spans[parent].spanID != id {
                    cell = (cell &+ 1) & mask
                    parent = Int(indices[cell]) &- 1
                }
            }
            links[index].parent = Index(truncatingIfNeeded: parent)
            if parent < 0 {
                rootCount &+= 1
            } else {
                mayCircle = mayCircle || spans[parent].start >= spans[index].start
            }
        }
        return (rootCount, mayCircle)
    }

    @inline(__always)
    private static func firstCell(_ id: UInt64, _ seed: UInt64, _ mask: Int) -> Int {
        Int(truncatingIfNeeded: ByteHash.mix(id, seed)) & mask
    }
}

// MARK: - Reading

extension TraceTree {
    /// Whether one request covers the whole trace except the spans above it, which have nothing else below them.
    func isOneRequest(_ spans: Span<TraceSpan>) -> Bool {
        guard requestCount == 1, rootCount == 1, isNested, count <= Self.depthMax else { return false }
        var index = Int(request)
        while links[index].parent >= 0 {
            let above = Int(links[index].parent)
            // Siblings that fit beside it have a duration of zero.
            guard links[above].childrenStart == spans[index].start, links[above].childrenEnd == spans[index].end else {
                return false
            }
            index = above
        }
        return true
    }

    /// How a request begins.
    enum RequestBeginning {
        /// Below its authentication, which began this much earlier, nanoseconds.
        case authenticated(lead: Int64)
        /// Within another request.
        case within
        /// Its authentication may be a trace of its own.
        case alone
    }

    @inline(__always)
    func beginning(
        of index: Int, _ spans: Span<TraceSpan>, _ mappings: borrowing ComponentMappings
    ) -> RequestBeginning {
        var above = Int(links[index].parent)
        guard above >= 0 else { return .alone }
        if mappings.isAuthentication(spans[above].operation) {
            return .authenticated(lead: max(spans[index].start &- spans[above].start, 0))
        }
        // Hostile spans may have cyclic parents.
        for _ in 0..<Self.depthMax {
            if above < 0 { return .alone }
            if spans[above].request > 0 { return .within }
            above = Int(links[above].parent)
        }
        return .within
    }
}
