/// A service that calls another, or itself.
package struct ServiceCall: Hashable, Sendable {
    package var caller: String
    package var callee: String
}

extension WindowView {
    /// Spans that looking for callers remembers: 16 bytes each.
    private static let callersMax = 1 << 20

    /// How often services call each other: SERVER spans whose parent is of another service, among the latest million spans
    /// that ended in a range (Unix nanoseconds).
    package func calls(endingIn range: Range<Int64>) -> [ServiceCall: Int] {
        let services = operations.map(\.service)
        var callers: [UInt64: UInt16] = [:]
        var called: [(parent: UInt64, operation: UInt16)] = []
        for slot in slots.reversed() where slot.start < range.upperBound && slot.end > range.lowerBound {
            slot.forEachBlock { columns, count in
                for row in 0..<count where callers.count < Self.callersMax {
                    guard range.contains(columns.start[row] &+ columns.duration[row]) else { continue }
                    callers[columns.spanID[row]] = columns.operation[row]
                    if columns.parentID[row] != 0, operations[Int(columns.operation[row])].kind == .server {
                        called.append((columns.parentID[row], columns.operation[row]))
                    }
                }
            }
        }
        var counts: [ServiceCall: Int] = [:]
        for (parent, operation) in called {
            guard let caller = callers[parent], services[Int(caller)] != services[Int(operation)] else { continue }
            counts[ServiceCall(caller: services[Int(caller)], callee: services[Int(operation)]), default: 0] += 1
        }
        return counts
    }
}
