/// Spans that wait to be put in order, by the second of their end.
package struct SpanOrder: ~Copyable {
    package var names = OrderedNames()
    private var bins: [Int64: SpanBin] = [:]
    /// The seconds of the bins, as a heap: the first is the least.
    private var seconds = LeastFirst<Int64>()
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
        var place = 0
        while place < batch.count {
            guard let bin = bin(of: batch.end(place) / SpanBin.width) else { return false }
            let before = bin.contents.byteCount
            place = bin.contents.append(batch, from: place, translation)
            byteCount += bin.contents.byteCount - before
        }
        return true
    }

    /// The bin of a second; nil where that is closed.
    private mutating func bin(of second: Int64) -> SpanBin? {
        guard second > closed else { return nil }
        if let known = bins[second] { return known }
        let bin = spare.popLast() ?? SpanBin()
        bin.reset(second: second)
        byteCount += bin.contents.byteCount
        bins[second] = bin
        seconds.insert(second, by: <)
        newest = max(newest, second)
        return bin
    }

    /// The second of the spans that end first, Unix seconds; nil where there are none.
    package var first: Int64? { seconds.first }

    /// Takes out the spans of the first second.
    package mutating func takeFirst() -> SpanBin? {
        guard let second = seconds.popFirst(by: <), let bin = bins.removeValue(forKey: second) else { return nil }
        byteCount -= bin.contents.byteCount
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
