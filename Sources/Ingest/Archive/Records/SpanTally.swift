import Engine
import Support

/// Counts spans as they stand in an archive: how many, of which services, from when to when.
struct SpanTally {
    /// Without valid ids or times.
    private(set) var rejectedCount = 0
    private(set) var acceptedCount = 0
    /// From the first start to the last end, Unix nanoseconds; nil without accepted spans.
    private(set) var times: ClosedRange<Int64>?
    private(set) var byService: [String: Int] = [:]
    /// Reused: the spans of a batch by its operations.
    private var byOperation: [Int] = []

    /// A control plane has a handful. The spans of further services count as `_other`, like those that the window has no
    /// place for.
    private static let servicesMax = 1000
    private static let other = "_other"

    mutating func add(_ batch: borrowing SpanBatch) {
        rejectedCount += batch.rejections.total
        acceptedCount += batch.count
        byOperation.removeAll(keepingCapacity: true)
        byOperation.append(contentsOf: repeatElement(0, count: batch.operationCount))
        var unnamed = 0
        for row in 0..<batch.count {
            let (start, end, operation) = (batch.columns.start[row], batch.end(row), batch.columns.operation[row])
            times = min(times?.lowerBound ?? start, start)...max(times?.upperBound ?? end, end)
            if operation == SpanBatch.overflow { unnamed += 1 } else { byOperation[Int(operation)] += 1 }
        }
        for (operation, count) in byOperation.enumerated() where count > 0 {
            self.count(count, of: batch.withOperation(operation) { service, _, _ in service.text })
        }
        if unnamed > 0 { count(unnamed, of: Self.other) }
    }

    private mutating func count(_ more: Int, of service: String) {
        let isKnown = byService[service] != nil || byService.count < Self.servicesMax
        byService[isKnown ? service : Self.other, default: 0] += more
    }
}
