/// Spans that wait to be put in order, by the second of their end.
package struct SpanOrder: ~Copyable {
    package var names = OrderedNames()
    private var bins: [Int64: SpanBin] = [:]
    /// The seconds of the bins, as a heap: the first is the least.
    private var seconds = LeastFirst<Int64>()
    private var current: SpanBin?
    /// Empty bins with room, for the next seconds.
    private var spare: [SpanBin] = []
    /// Of the bins.
    package private(set) var byteCount = 0
    /// The second of the latest end, Unix seconds.
    package private(set) var newest = Int64.min
    /// No span that ends in this second or before can be taken in any more.
    package private(set) var closed = Int64.min

    private static let spareMax = 64

    package init() {}

    package var isEmpty: Bool { bins.isEmpty }

    /// Takes in the spans of a batch.
    ///
    /// - Returns: false if one of them ends in what is closed.
    package mutating func insert(_ batch: borrowing SpanBatch) -> Bool {
        let translation = names.translate(batch)
        for place in 0..<batch.count {
            let row = batch.columns.row(place)
            guard let bin = bin(of: row.start &+ row.duration) else { return false }
            if bin.isFull { grow(bin) }
            bin.append(
                OrderedSpan(
                    row, bucket: batch.columns.bucket[place], operation: translation.operation(row.operation),
                    request: translation.request(row.request)))
        }
        return true
    }

    @inline(__always)
    private mutating func bin(of end: Int64) -> SpanBin? {
        let second = end / SpanBin.width
        if let current, current.second == second { return current }
        return find(second)
    }

    @inline(never)
    private mutating func find(_ second: Int64) -> SpanBin? {
        guard second > closed else { return nil }
        if let known = bins[second] {
            current = known
            return known
        }
        let bin = spare.popLast() ?? SpanBin(second: second)
        bin.reset(second: second)
        byteCount += bin.byteCount
        bins[second] = bin
        seconds.insert(second, by: <)
        newest = max(newest, second)
        current = bin
        return bin
    }

    @inline(never)
    private mutating func grow(_ bin: SpanBin) {
        byteCount -= bin.byteCount
        bin.grow()
        byteCount += bin.byteCount
    }

    /// The second of the spans that end first, Unix seconds; nil where there are none.
    package var first: Int64? { seconds.first }

    /// Takes out the spans of the first second.
    package mutating func takeFirst() -> SpanBin? {
        guard let second = seconds.popFirst(by: <), let bin = bins.removeValue(forKey: second) else { return nil }
        byteCount -= bin.byteCount
        current = nil
        return bin
    }

    /// From now on no span may come that ends in a second or before.
    package mutating func close(_ second: Int64) {
        closed = max(closed, second)
    }

    /// Takes back a bin that is done with, for its room.
    package mutating func recycle(_ bin: SpanBin) {
        if spare.count < Self.spareMax { spare.append(bin) }
    }
}
