package import Engine

/// Every span received, by what became of it: received = accepted + duplicates + rejected.
package struct SpanCounts: Equatable, Sendable {
    package private(set) var received = 0
    package private(set) var accepted = 0
    package private(set) var duplicates = 0
    /// Of the accepted ones.
    package private(set) var late = 0
    package private(set) var rejections = Rejections()

    package init() {}

    package mutating func add(_ outcome: AppendOutcome, _ batch: borrowing SpanBatch) {
        received += batch.count + batch.rejections.total
        accepted += outcome.accepted
        duplicates += outcome.duplicates
        late += outcome.late
        rejections.add(outcome.rejections)
        rejections.add(batch.rejections)
    }
}
