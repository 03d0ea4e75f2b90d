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

/// A span on its way into the order of event time, with its names by number: 64 bytes, so that to move one costs one line
/// of a cache.
package struct OrderedSpan: BitwiseCopyable, Sendable {
    var traceHigh: UInt64 = 0
    var traceLow: UInt64 = 0
    var spanID: UInt64 = 0
    var parentID: UInt64 = 0
    /// Unix nanoseconds.
    var start: Int64 = 0
    /// Nanoseconds, never negative.
    var duration: Int64 = 0
    /// Its number in `OrderedNames`.
    var operation: UInt32 = 0
    /// The number of its request labels plus one; 0 for spans that are no request to the API server.
    var request: UInt32 = 0
    /// `LatencyBucket` code of the duration.
    var bucket: UInt16 = 0
    var flags: UInt8 = 0

    /// Of a row that has none yet.
    package init() {}

    @inline(__always)
    init(_ row: SpanRow, bucket: UInt16, operation: UInt32, request: UInt32) {
        traceHigh = row.traceHigh
        traceLow = row.traceLow
        spanID = row.spanID
        parentID = row.parentID
        start = row.start
        duration = row.duration
        self.operation = operation
        self.request = request
        self.bucket = bucket
        flags = row.flags.rawValue
    }

    /// Unix nanoseconds.
    @inline(__always) package var end: Int64 { start &+ duration }
}

extension OrderedSpan {
    /// The one order of all spans: by end, then trace id, then span id, then everything else that is known of a span.
    /// Names count by their bytes, so that the order is the same in whatever order the spans came.
    package static func isBefore(_ a: OrderedSpan, _ b: OrderedSpan, _ names: borrowing OrderedNames) -> Bool {
        if a.end != b.end { return a.end < b.end }
        if a.traceHigh != b.traceHigh { return a.traceHigh < b.traceHigh }
        if a.traceLow != b.traceLow { return a.traceLow < b.traceLow }
        if a.spanID != b.spanID { return a.spanID < b.spanID }
        if a.parentID != b.parentID { return a.parentID < b.parentID }
        if a.start != b.start { return a.start < b.start }
        if a.flags != b.flags { return a.flags < b.flags }
        if a.operation != b.operation { return names.isOperation(a.operation, before: b.operation) }
        return a.request != b.request && names.isRequest(a.request, before: b.request)
    }
}

/// A binary heap, which has the least of its elements at hand. All calls are to have the same order.
package struct LeastFirst<Element> {
    private var elements: [Element] = []

    package init() {}

    package var first: Element? { elements.first }

    package mutating func insert(_ element: Element, by isBefore: (Element, Element) -> Bool) {
        elements.append(element)
        var place = elements.count - 1
        while place > 0, isBefore(elements[place], elements[(place - 1) / 2]) {
            elements.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    package mutating func popFirst(by isBefore: (Element, Element) -> Bool) -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let first = elements.first else { return last }
        replaceFirst(with: last, by: isBefore)
        return first
    }

    /// Puts an element in the place of the first; there has to be one.
    package mutating func replaceFirst(with element: Element, by isBefore: (Element, Element) -> Bool) {
        elements[0] = element
        var place = 0
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2 where child < elements.count {
                if isBefore(elements[child], elements[least]) { least = child }
            }
            if least == place { return }
            elements.swapAt(place, least)
            place = least
        }
    }
}
