import Engine

/// When a record of an archive arrived, as far as its spans tell.
///
/// Archives of other tools keep no arrival times. An exporter sends spans within seconds of their end, so a record
/// arrived about when the last of its spans ended; a span that ends more than an hour after most others is damaged or
/// from a wrong clock, and must not carry the clock with it.
enum ReplayClock {
    private static let spreadMax: Int64 = 3_600_000_000_000
    private static let samples = 15

    /// Unix nanoseconds; nil for a batch without spans.
    static func arrival(of batch: borrowing SpanBatch) -> Int64? {
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
