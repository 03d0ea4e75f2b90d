/// Who is whose child among the spans of one trace, and what of its time each has for itself. Used again for one trace
/// after the other.
///
/// In nearly all traces children lie within their parent and one behind the other: then self times follow from one look
/// at each span, and no children have to be put in order (`TraceTree+Children.swift` does where they aren't so).
struct TraceTree: ~Copyable, Sendable {
    /// A place among the spans of the trace, or `none`.
    typealias Place = Int32
    static let none: Place = -1

    /// What is found out about a span.
    struct Link: BitwiseCopyable, Sendable {
        /// Its duration without what its children cover, nanoseconds.
        var selfTime: Int64
        /// The time from the first start of its children to their last end.
        var childrenStart = Int64.max
        var childrenEnd = Int64.min
        var parent = TraceTree.none
        /// Whether it is, or stands below, a request that lasts as long as its client wants.
        var isLongRunning: Bool

        @inline(__always) var hasChildren: Bool { childrenStart != .max }
    }

    /// Spans of the trace at hand.
    private(set) var count = 0
    var links = Column<Link>(capacity: spansMin)
    /// Whether no span reaches out of its parent and no two siblings overlap: then a span's part of a request is its
    /// self time.
    var isNested = true
    /// Whether the children of all spans are in order.
    var isOrdered = false
    private(set) var hasLongRunning = false
    /// Spans whose parent isn't there.
    private(set) var rootCount = 0
    /// Requests of the slot that is being attributed, and the last of them.
    private(set) var requestCount = 0
    private(set) var request = TraceTree.none

    var kin = Column<Kin>(capacity: spansMin)
    /// Where spans are by their id: open addressing, at most half full.
    private var places = Column<Place>(capacity: spansMin * 4)
    /// Cells of `places` in use, a power of two.
    private var cellCount = 0
    private let seed = ByteHash.seed

    /// Longer circles are left: nothing follows them that far.
    private static let circleMax = 1024
    /// Spans nested deeper are not looked at.
    static let depthMax = 128
    /// Traces of more spans are cut; none of a control plane comes near.
    static let spansMax = 1 << 16
    private static let spansMin = 64
    /// Larger traces are put in order first, so that each child comes behind its siblings.
    static let unorderedMax = 64

    var byteCount: Int {
        links.capacity * MemoryLayout<Link>.stride + kin.capacity * MemoryLayout<Kin>.stride
            + places.capacity * MemoryLayout<Place>.stride
    }

    /// Finds every span's parent and self time.
    ///
    /// - Parameter spans: of one trace, at most `spansMax`; in order of time if they are more than `unorderedMax`.
    mutating func link(_ spans: Span<TraceSpan>) {
        count = spans.count
        makeRoom()
        index(spans)
        findParents(spans)
        var isRegular = true
        for place in 0..<count where links[place].parent >= 0 {
            if !take(place, from: Int(links[place].parent), spans) { isRegular = false }
        }
        isNested = true
        isOrdered = false
        if !isRegular { orderChildren(spans) }
        if hasLongRunning { markLongRunning() }
    }

    private mutating func makeRoom() {
        guard count > links.capacity || links.capacity > 4096 && count <= Self.unorderedMax else { return }
        let capacity = max(count * 2, Self.spansMin)
        links = Column(capacity: capacity)
        kin = Column(capacity: capacity)
        places = Column(capacity: capacity * 4)
    }

    private mutating func findParents(_ spans: Span<TraceSpan>) {
        var roots = 0
        var mayCircle = false
        for place in 0..<count {
            let id = spans[place].parentID
            let parent = id == 0 ? -1 : lookUp(id, spans)
            links[place].parent = Place(truncatingIfNeeded: parent)
            if parent < 0 {
                roots &+= 1
            } else if spans[parent].start >= spans[place].start {
                mayCircle = true
            }
        }
        rootCount = roots
        if mayCircle { cutCircles() }
    }

    /// Takes a child's time from its parent's.
    ///
    /// - Returns: false if the child reaches out of its parent, or lies between children that were taken before it.
    @inline(__always)
    private func take(_ child: Int, from parent: Int, _ spans: Span<TraceSpan>) -> Bool {
        let (start, end) = (spans[child].start, spans[child].end)
        let (first, last) = (links[parent].childrenStart, links[parent].childrenEnd)
        links[parent].selfTime &-= end &- start
        links[parent].childrenStart = min(first, start)
        links[parent].childrenEnd = max(last, end)
        return start >= spans[parent].start && end <= spans[parent].end && (end <= first || start >= last)
    }

    /// A span that is its own ancestor is nobody's child.
    private mutating func cutCircles() {
        var isCircular: [Int] = []
        for place in 0..<count {
            var above = Int(links[place].parent)
            var steps = 0
            while above >= 0, above != place, steps < count, steps < Self.circleMax {
                above = Int(links[above].parent)
                steps += 1
            }
            if above == place { isCircular.append(place) }
        }
        for place in isCircular { links[place].parent = Self.none }
        rootCount += isCircular.count
    }

    private func markLongRunning() {
        for place in 0..<count where !links[place].isLongRunning {
            var above = Int(links[place].parent)
            // Parents of hostile spans may go in a circle.
            var steps = 0
            while above >= 0, steps < Self.depthMax, !links[above].isLongRunning {
                above = Int(links[above].parent)
                steps += 1
            }
            if above >= 0, links[above].isLongRunning { links[place].isLongRunning = true }
        }
    }

    // MARK: Spans by id

    @inline(__always)
    private mutating func index(_ spans: Span<TraceSpan>) {
        cellCount = 64
        while cellCount < count &* 2 { cellCount &*= 2 }
        places.fill(cellCount, with: Self.none)
        hasLongRunning = false
        requestCount = 0
        for place in 0..<count {
            let span = spans[place]
            var cell = firstCell(span.spanID)
            while places[cell] != Self.none { cell = (cell &+ 1) & (cellCount &- 1) }
            places[cell] = Place(truncatingIfNeeded: place)
            links[place] = Link(selfTime: span.duration, isLongRunning: span.flags.isLongRunning)
            if span.flags.isLongRunning { hasLongRunning = true }
            if span.isRequestHere {
                requestCount &+= 1
                request = Place(truncatingIfNeeded: place)
            }
        }
    }

    @inline(__always)
    private func lookUp(_ id: UInt64, _ spans: Span<TraceSpan>) -> Int {
        var cell = firstCell(id)
        while places[cell] != Self.none {
            let place = Int(places[cell])
            if spans[place].spanID == id { return place }
            cell = (cell &+ 1) & (cellCount &- 1)
        }
        return -1
    }

    @inline(__always)
    private func firstCell(_ id: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.mix(id, seed)) & (cellCount &- 1)
    }
}

// MARK: - What was found

extension TraceTree {
    /// Whether one request has all of the trace but the spans that it stands below, which have nothing else below them.
    func isOneRequest(_ spans: Span<TraceSpan>) -> Bool {
        guard requestCount == 1, rootCount == 1, isNested, count <= Self.depthMax else { return false }
        var place = Int(request)
        while links[place].parent >= 0 {
            let above = Int(links[place].parent)
            // Others that have no room beside it last for no time.
            guard links[above].childrenStart == spans[place].start, links[above].childrenEnd == spans[place].end else {
                return false
            }
            place = above
        }
        return true
    }
}
