package import Engine

/// Estimates when a record arrived from its spans.
///
/// Archives of other tools have no arrival times. An exporter sends spans within seconds of their end, so a record
/// arrives about when its last span ends. A span that ends more than an hour after most others is damaged or has a
/// wrong clock, and must not carry the clock with it.
package enum ArrivalEstimate {
    private static let spreadMax: Int64 = 3_600_000_000_000
    private static let samples = 15

    /// In Unix nanoseconds; nil for a batch without spans.
    package static func arrival(of batch: borrowing SpanBatch) -> Int64? {
        guard batch.count > 0 else { return nil }
        let taken = min(batch.count, samples)
        var ends: [Int64] = []
        for sample in 0..<taken { ends.append(batch.end(sample * batch.count / taken)) }
        ends.sort()
        let middle = ends[taken / 2]
        let limit = middle + spreadMax
        var arrival = middle
        for row in 0..<batch.count {
            let end = batch.end(row)
            if end > arrival, end <= limit { arrival = end }
        }
        return arrival
    }
}
