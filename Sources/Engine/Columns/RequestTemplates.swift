/// Remembered request labels, by operation and kind of query.
///
/// Since Kubernetes 1.31 the API server names a request's span after the template of its path, so spans with the same name
/// have the same labels unless their queries differ.
struct RequestTemplates: Sendable {
    /// By operation and query: the request column in the low 16 bits, a bit for long-running, a bit for known.
    private var known: [UInt32] = []

    private static let isLongRunning: UInt32 = 1 << 16
    private static let isKnown: UInt32 = 1 << 17

    mutating func removeAll() {
        known.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    subscript(operation: UInt16, query: RequestQuery) -> (request: UInt16, isLongRunning: Bool)? {
        let place = Int(operation) &* 8 &+ query.code
        guard place < known.count, known[place] & Self.isKnown != 0 else { return nil }
        return (UInt16(truncatingIfNeeded: known[place]), known[place] & Self.isLongRunning != 0)
    }

    mutating func remember(
        _ request: (column: UInt16, isLongRunning: Bool), of operation: UInt16, _ query: RequestQuery
    ) {
        // The overflow number stands for many operations.
        guard operation != SpanBatch.overflow else { return }
        let place = Int(operation) * 8 + query.code
        while known.count <= place { known.append(0) }
        known[place] = UInt32(request.column) | (request.isLongRunning ? Self.isLongRunning : 0) | Self.isKnown
    }
}
