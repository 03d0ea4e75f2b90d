/// Spans waiting to be sorted, by the second of their end.
package struct SpanOrder: ~Copyable {
    package var names: OrderedNames
    private var survey = ClockSurvey()
    private var bins: [Int64: SpanBin] = [:]
    /// The seconds of the bins, as a heap.
    private var seconds = LeastFirst<Int64>()
    /// Empty bins with memory, for reuse.
    private var spare: [SpanBin] = []
    /// Bytes of the bins.
    package private(set) var byteCount = 0
    /// The latest second of any span end so far, Unix seconds.
    package private(set) var newest = Int64.min
    /// Spans that end in this second or earlier can no longer be added.
    private(set) var closed = Int64.min

    private static let spareMax = 64

    /// - Parameters:
    ///   - services: which services have which role.
    ///   - clocks: those to be corrected.
    package init(services: ServiceNames = .usual, correcting clocks: [SourceLabels: ClockSteps] = [:]) {
        names = OrderedNames(services: services, correcting: clocks)
    }

    package var isEmpty: Bool { bins.isEmpty }

    /// Adds the spans of a batch.
    ///
    /// - Returns: false if one of them ends in a closed second.
    package mutating func insert(_ batch: borrowing SpanBatch) -> Bool {
        let translation = names.translate(batch)
        names.addNotes(of: batch, translation)
        if names.correctsClocks { return insertCorrected(batch, translation) }
        survey.add(batch, translation, names)
        var index = 0
        while index < batch.count {
            guard let bin = bin(of: batch.end(index) / SpanBin.width) else { return false }
            let before = bin.contents.byteCount
            index = bin.contents.append(batch, from: index, translation)
            byteCount += bin.contents.byteCount - before
        }
        return true
    }

    private mutating func insertCorrected(
        _ batch: borrowing SpanBatch, _ translation: borrowing OrderedNames.Translation
    ) -> Bool {
        for index in 0..<batch.count {
            var row = batch.columns.row(index)
            let offset = names.clockOffset(of: translation.source(row.source), at: batch.end(index))
            row.start = max(row.start &- offset, 1)
            guard let bin = bin(of: (row.start &+ row.duration) / SpanBin.width) else { return false }
            let before = bin.contents.byteCount
            bin.contents.append(row, bucket: batch.columns.bucket[index], translation)
            byteCount += bin.contents.byteCount - before
        }
        return true
    }

    /// The clocks that the calls of all spans so far say about, uncorrected.
    package var clocks: [SourceLabels: ClockSteps] {
        var clocks: [SourceLabels: ClockSteps] = [:]
        for (source, steps) in survey.clocks { clocks[names.labels(ofSource: source)] = steps }
        return clocks
    }

    /// The bin of a second; nil if the second is closed.
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

    /// The earliest second with spans, Unix seconds; nil if there are none.
    package var first: Int64? { seconds.first }

    /// Removes and returns the earliest bin.
    package mutating func takeFirst() -> SpanBin? {
        guard let second = seconds.popFirst(by: <), let bin = bins.removeValue(forKey: second) else { return nil }
        byteCount -= bin.contents.byteCount
        return bin
    }

    /// Closes a second and all before it to further spans.
    package mutating func close(_ second: Int64) {
        closed = max(closed, second)
    }

    /// Takes back a bin for reuse.
    package mutating func recycle(_ bin: SpanBin) {
        if spare.count < Self.spareMax { spare.append(bin) }
    }
}

/// A span being sorted into event-time order, with its names as numbers: 64 bytes, so that moving one touches one cache
/// line.
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
    /// The number of its request labels plus one; 0 if the span isn't an API request.
    var request: UInt32 = 0
    /// Its number in `OrderedNames`.
    var source: UInt32 = 0
    /// `LatencyBucket` code of the duration.
    var bucket: UInt16 = 0
    /// `SpanFlags.properties` in the lowest bits, above them the number of its status message plus one.
    private var flagsAndMessage: UInt16 = 0

    /// An empty row.
    package init() {}

    @inline(__always)
    init(
        _ row: SpanRow, bucket: UInt16, operation: UInt32, request: UInt32, source: UInt32, message: UInt16
    ) {
        traceHigh = row.traceHigh
        traceLow = row.traceLow
        spanID = row.spanID
        parentID = row.parentID
        start = row.start
        duration = row.duration
        self.operation = operation
        self.request = request
        self.source = source
        self.bucket = bucket
        flagsAndMessage = UInt16(row.flags.properties) | message &<< Self.messageShift
    }

    private static let messageShift: UInt16 = 2
    static let messagesMax = 1 << 14 - 1

    /// Without a number.
    @inline(__always) var flags: SpanFlags { SpanFlags(rawValue: UInt8(truncatingIfNeeded: flagsAndMessage & 3)) }
    /// The number of its status message in `OrderedNames`, plus one; 0 if it has none.
    @inline(__always) var message: UInt16 { flagsAndMessage &>> Self.messageShift }

    /// Unix nanoseconds.
    @inline(__always) package var end: Int64 { start &+ duration }
}

extension OrderedSpan {
    /// The total order of spans: by end, trace id, span id, then all other fields. Names compare by their bytes, so
    /// that the order doesn't depend on the order of arrival.
    package static func isBefore(_ a: OrderedSpan, _ b: OrderedSpan, _ names: borrowing OrderedNames) -> Bool {
        if a.end != b.end { return a.end < b.end }
        if a.traceHigh != b.traceHigh { return a.traceHigh < b.traceHigh }
        if a.traceLow != b.traceLow { return a.traceLow < b.traceLow }
        if a.spanID != b.spanID { return a.spanID < b.spanID }
        if a.parentID != b.parentID { return a.parentID < b.parentID }
        if a.start != b.start { return a.start < b.start }
        if a.flags != b.flags { return a.flags.rawValue < b.flags.rawValue }
        if a.operation != b.operation { return names.isOperation(a.operation, before: b.operation) }
        if a.request != b.request { return names.isRequest(a.request, before: b.request) }
        if a.source != b.source { return names.isSource(a.source, before: b.source) }
        return a.message != b.message && names.isMessage(a.message, before: b.message)
    }
}

/// A binary min-heap. All calls must pass the same order.
package struct LeastFirst<Element> {
    private var elements: [Element] = []

    package init() {}

    package var first: Element? { elements.first }

    package mutating func insert(_ element: Element, by isBefore: (Element, Element) -> Bool) {
        elements.append(element)
        var index = elements.count - 1
        while index > 0, isBefore(elements[index], elements[(index - 1) / 2]) {
            elements.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    package mutating func popFirst(by isBefore: (Element, Element) -> Bool) -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let first = elements.first else { return last }
        replaceFirst(with: last, by: isBefore)
        return first
    }

    /// Replaces the first element; the heap must not be empty.
    package mutating func replaceFirst(with element: Element, by isBefore: (Element, Element) -> Bool) {
        elements[0] = element
        var index = 0
        while true {
            var least = index
            for child in 2 * index + 1...2 * index + 2 where child < elements.count {
                if isBefore(elements[child], elements[least]) { least = child }
            }
            if least == index { return }
            elements.swapAt(index, least)
            index = least
        }
    }
}
