/// The spans of one trace, by start, with who is whose child. Used again for one trace after the other.
struct TraceTree: ~Copyable, Sendable {
    /// A place among the members, or `none`.
    typealias Place = Int32
    static let none: Place = -1

    struct Member: BitwiseCopyable, Sendable {
        let spanID: UInt64
        let parentID: UInt64
        /// Unix nanoseconds.
        let start: Int64
        let end: Int64
        /// Its duration without what its children cover, nanoseconds.
        var selfTime: Int64
        /// Its row in the slot that is being attributed; -1 for spans of other slots.
        let row: Int32
        var parent = TraceTree.none
        var firstChild = TraceTree.none
        var lastChild = TraceTree.none
        /// The next child of the same parent: of those that cover an instant, the last one owns it.
        var nextSibling = TraceTree.none
        let operation: UInt16
        /// Whether it is a request, but none that lasts as long as its client wants.
        let isRequest: Bool
        /// Whether it is, or stands below, a request that lasts as long as its client wants.
        var isLongRunning: Bool
        /// What its time counts for, once a request above it has been divided.
        var owner = Owner(component: .apiServer)
    }

    /// What a span's time counts for, and the webhook that it stands below.
    struct Owner: BitwiseCopyable, Sendable {
        var component: Component
        var webhook: Component?

        /// The owner of a child.
        @inline(__always)
        func below(_ charge: Charge) -> Owner {
            let above = charge.isServer ? nil : webhook
            switch charge.target {
            case .component(let component):
                return Owner(component: component, webhook: component.isWebhook ? component : above)
            case .webhookAbove: return Owner(component: above ?? .apiServer, webhook: above)
            case .parent: return Owner(component: component, webhook: above)
            }
        }
    }

    let members = Column<Member>(capacity: spansMax)
    private(set) var count = 0
    /// Whether no span reaches out of its parent and no two siblings overlap: then a span's part of a request is its
    /// self time.
    private(set) var isNested = true
    private var hasLongRunning = false
    private let places = Column<Place>(capacity: spansMax * 2)
    /// Cells of `places` in use, a power of two.
    private var cellCount = 0

    /// Longer circles are left: nothing follows them that far.
    private static let circleMax = 1024
    /// Spans nested deeper are not looked at.
    static let depthMax = 128
    /// Traces of more spans are cut; none of a control plane comes near.
    static let spansMax = 1 << 16
    /// In traces of up to this many spans, spans are found by looking at all.
    private static let scannedMax = 32

    mutating func removeAll() {
        count = 0
        isNested = true
        hasLongRunning = false
    }

    /// Adds row `offset` of a block, which is row `row` of the slot that is being attributed.
    @inline(__always)
    mutating func add(_ columns: borrowing SpanColumns, _ offset: Int, row: Int32) {
        guard count < Self.spansMax else { return }
        let (start, duration) = (columns.start[offset], columns.duration[offset])
        let isLongRunning = columns.flags[offset] & SpanFlags.longRunning != 0
        if isLongRunning { hasLongRunning = true }
        members[count] = Member(
            spanID: columns.spanID[offset], parentID: columns.parentID[offset], start: start, end: start &+ duration,
            selfTime: duration, row: row, operation: columns.operation[offset],
            isRequest: columns.request[offset] > 0 && !isLongRunning,
            isLongRunning: isLongRunning)
        count &+= 1
    }

    /// Finds every span's children and self time.
    mutating func link() {
        if count > Self.scannedMax {
            sort()
            index()
        }
        var mayCircle = false
        for place in 0..<count where members[place].parentID != 0 {
            let id = members[place].parentID
            let parent = count > Self.scannedMax ? lookUp(id) : scan(for: id, from: place)
            members[place].parent = Place(truncatingIfNeeded: parent)
            if parent >= 0, members[parent].start >= members[place].start { mayCircle = true }
        }
        if mayCircle { cutCircles() }
        for place in 0..<count where members[place].parent >= 0 { insert(place, below: Int(members[place].parent)) }
        if hasLongRunning { markLongRunning() }
        if !isNested { measureSelfTimes() }
    }

    /// Puts a child among those of its parent, in order.
    @inline(__always)
    private mutating func insert(_ child: Int, below parent: Int) {
        let (start, end) = (members[child].start, members[child].end)
        members[parent].selfTime &-= end &- start
        if start < members[parent].start || end > members[parent].end { isNested = false }
        let first = Int(members[parent].firstChild)
        var before = Int(members[parent].lastChild)
        if before >= 0, !isBefore(before, child) {
            // Children mostly come in order, or the other way round.
            before = isBefore(child, first) ? -1 : placeBefore(child, from: first)
        }
        var after = first
        if before >= 0 {
            after = Int(members[before].nextSibling)
            members[before].nextSibling = Place(truncatingIfNeeded: child)
            if members[before].end > start { isNested = false }
        } else {
            members[parent].firstChild = Place(truncatingIfNeeded: child)
        }
        members[child].nextSibling = Place(truncatingIfNeeded: after)
        if after < 0 {
            members[parent].lastChild = Place(truncatingIfNeeded: child)
        } else if end > members[after].start {
            isNested = false
        }
    }

    /// The last sibling, from the first on, that stands before a child.
    private func placeBefore(_ child: Int, from first: Int) -> Int {
        var place = first
        while true {
            let next = Int(members[place].nextSibling)
            if next < 0 || isBefore(child, next) { return place }
            place = next
        }
    }

    /// A span that is its own ancestor is nobody's child.
    private func cutCircles() {
        var isCircular: [Int] = []
        for place in 0..<count {
            var above = Int(members[place].parent)
            var steps = 0
            while above >= 0, above != place, steps < count, steps < Self.circleMax {
                above = Int(members[above].parent)
                steps += 1
            }
            if above == place { isCircular.append(place) }
        }
        for place in isCircular { members[place].parent = Self.none }
    }

    private func markLongRunning() {
        for place in 0..<count where !members[place].isLongRunning {
            var above = Int(members[place].parent)
            // Parents of hostile spans may go in a circle.
            var steps = 0
            while above >= 0, steps < Self.depthMax, !members[above].isLongRunning {
                above = Int(members[above].parent)
                steps += 1
            }
            if above >= 0, members[above].isLongRunning { members[place].isLongRunning = true }
        }
    }

    /// Self times where siblings overlap or reach out of their parent.
    private func measureSelfTimes() {
        for place in 0..<count {
            let end = members[place].end
            var time = members[place].start
            var own: Int64 = 0
            var next = members[place].firstChild
            while next >= 0 {
                let child = Int(next)
                next = members[child].nextSibling
                if members[child].start >= end { break }
                if members[child].end <= time { continue }
                if members[child].start > time { own &+= members[child].start &- time }
                time = members[child].end
            }
            members[place].selfTime = time < end ? own &+ (end &- time) : own
        }
    }
}

// MARK: - Order

extension TraceTree {
    /// Of two siblings that cover an instant the later one owns it: the one that started last, then the one that ends
    /// first, then the one with the smaller id.
    @inline(__always)
    private static func isBefore(_ a: Member, _ b: Member) -> Bool {
        if a.start != b.start { return a.start < b.start }
        if a.end != b.end { return a.end > b.end }
        return a.spanID > b.spanID
    }

    @inline(__always)
    private func isBefore(_ a: Int, _ b: Int) -> Bool {
        let (first, second) = (members[a].start, members[b].start)
        return first != second ? first < second : Self.isBefore(members[a], members[b])
    }

    /// In order, so that each child comes behind its siblings.
    private func sort() {
        let sorted = (0..<count).map { members[$0] }.sorted(by: Self.isBefore)
        for place in 0..<count { members[place] = sorted[place] }
    }
}

// MARK: - Spans by id

extension TraceTree {
    /// The place of a span in a small trace, -1 if it isn't there. Most parents started just before their child.
    @inline(__always)
    private func scan(for id: UInt64, from child: Int) -> Int {
        var place = child &- 1
        while place >= 0 {
            if members[place].spanID == id { return place }
            place &-= 1
        }
        place = child &+ 1
        while place < count {
            if members[place].spanID == id { return place }
            place &+= 1
        }
        return -1
    }

    /// Fills `places`, a table with open addressing.
    private mutating func index() {
        cellCount = 64
        while cellCount < count * 2 { cellCount *= 2 }
        for cell in 0..<cellCount { places[cell] = Self.none }
        for place in 0..<count {
            var cell = firstCell(members[place].spanID)
            while places[cell] != Self.none { cell = (cell + 1) & (cellCount - 1) }
            places[cell] = Place(truncatingIfNeeded: place)
        }
    }

    private func lookUp(_ id: UInt64) -> Int {
        var cell = firstCell(id)
        while places[cell] != Self.none {
            if members[Int(places[cell])].spanID == id { return Int(places[cell]) }
            cell = (cell + 1) & (cellCount - 1)
        }
        return -1
    }

    private func firstCell(_ id: UInt64) -> Int {
        Int(truncatingIfNeeded: ByteHash.mix(id, ByteHash.seed)) & (cellCount - 1)
    }
}
