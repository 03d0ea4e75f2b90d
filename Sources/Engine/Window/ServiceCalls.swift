import Support

/// A service that calls another, or itself.
package struct ServiceCall: Hashable, Sendable {
    package var caller: String
    package var callee: String
}

/// How often services call each other: SERVER spans whose parent is of another service.
package struct ServiceCalls: Sendable {
    package private(set) var counts: [ServiceCall: Int] = [:]
    /// Spans that were looked at.
    private var spanCount = 0
    /// Span ids of those calls that may come again, from a recording.
    private var known: Set<UInt64> = []

    /// The search for callers remembers each span: 16 bytes.
    private static let spansMax = 1 << 20
    /// A caller ends after what it called, nanoseconds.
    private static let margin: Int64 = 40_000_000_000

    package init() {}

    /// Whether no more spans are looked at.
    package var isFull: Bool { spanCount >= Self.spansMax }

    /// Adds calls among the latest spans of a view.
    ///
    /// - Parameters:
    ///   - range: of the ends of the spans that were called, Unix nanoseconds.
    ///   - repeated: calls that end before this time are in further views too, and are counted once.
    package mutating func add(_ view: WindowView, endingIn range: Range<Int64>, repeatedBefore repeated: Int64 = .max) {
        var callers: [UInt64: UInt16] = [:]
        var called: [(id: UInt64, parent: UInt64, operation: UInt16, end: Int64)] = []
        let most = Self.spansMax - spanCount
        let last = range.upperBound.addingSaturating(Self.margin)
        for slot in view.slots.reversed() where slot.start < last && slot.end > range.lowerBound {
            slot.forEachBlock { columns, count in
                for row in 0..<count where callers.count < most {
                    let operation = columns.operation[row]
                    callers[columns.spanID[row]] = operation
                    let end = columns.start[row] &+ columns.duration[row]
                    if columns.parentID[row] != 0, view.operations[Int(operation)].kind == .server,
                        range.contains(end)
                    {
                        called.append((columns.spanID[row], columns.parentID[row], operation, end))
                    }
                }
            }
        }
        spanCount += callers.count
        let services = view.operations.map(\.service)
        for (id, parent, operation, end) in called {
            guard let caller = callers[parent], services[Int(caller)] != services[Int(operation)],
                end >= repeated || known.insert(id).inserted
            else { continue }
            counts[ServiceCall(caller: services[Int(caller)], callee: services[Int(operation)]), default: 0] += 1
        }
    }
}
