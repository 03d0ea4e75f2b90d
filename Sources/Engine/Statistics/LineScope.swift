/// Which rows a scan is about, and the line of the table that each belongs to.
struct LineScope {
    let population: Population
    let range: TimeRange
    /// Lines.
    let count: Int
    /// By series number its line, or `noLine`.
    let lineOfSeries: [UInt16]
    /// Every span is wanted, so that its operation number is its line.
    private let isEverySpan: Bool
    /// By the value of the population's column its line.
    private let lineOfValue: [UInt16]

    /// Series are fewer than 65,536.
    static let noLine = UInt16.max

    /// - Parameter isWanted: by series number whether it gets a line.
    init(_ population: Population, range: TimeRange, isWanted: [Bool]) {
        self.population = population
        self.range = range
        var lines: UInt16 = 0
        lineOfSeries = isWanted.map { wanted in
            guard wanted else { return Self.noLine }
            lines += 1
            return lines - 1
        }
        count = Int(lines)
        isEverySpan = population == .spans && count == isWanted.count
        // In the column of requests 0 stands for none.
        lineOfValue = population == .requests ? [Self.noLine] + lineOfSeries : lineOfSeries
    }

    /// Parts of requests, whose series may be more than there can be lines: a line for each of some groups of series.
    ///
    /// - Parameter groupOfSeries: by series of `Population.parts` its group.
    init(partsIn range: TimeRange, groups: Range<Int>, groupOfSeries: [Int32]) {
        population = .parts
        self.range = range
        count = groups.count
        isEverySpan = false
        lineOfSeries = groups.indices.map { UInt16($0 - groups.lowerBound) }
        lineOfValue = groupOfSeries.map { group in
            groups.contains(Int(group)) ? UInt16(Int(group) - groups.lowerBound) : Self.noLine
        }
    }

    /// Calls `body` with the rows of each block.
    @inline(__always)
    func forEachBlock(of slots: [SlotView], _ body: (borrowing MeasuredRows) -> Void) {
        forEachBlock(of: slots.map { SlotRows($0) }, body)
    }

    /// Calls `body` with the rows of each block that belong to some part of a slot.
    @inline(__always)
    func forEachBlock(of parts: [SlotRows], _ body: (borrowing MeasuredRows) -> Void) {
        guard count > 0 else { return }
        var listed = RowList(capacity: parts.map(\.slot).blockRowsMax)
        for part in parts {
            switch population {
            case .spans, .requests: forEachBlock(ofSpans: part, &listed, body)
            case .selfTimes: forEachBlock(ofSelfTimes: part, &listed, body)
            case .parts: forEachBlock(ofParts: part.slot, &listed, body)
            }
        }
    }

    @inline(__always)
    private func forEachBlock(
        ofSpans part: SlotRows, _ listed: inout RowList, _ body: (borrowing MeasuredRows) -> Void
    ) {
        let isCovered = range.covers(part.slot)
        part.forEachBlock { columns, _, rows in
            columns.bucket.withSpan(rows) { buckets in
                columns.duration.withSpan(rows) { durations in
                    columns.flags.withSpan(rows) { flags in
                        if isEverySpan && isCovered {
                            columns.operation.withSpan(rows) { operations in
                                body(
                                    MeasuredRows(
                                        lines: operations, places: Span(), buckets: buckets, durations: durations,
                                        flags: flags))
                            }
                        } else {
                            list(columns, rows, flags, in: &listed)
                            if !isCovered { keepInRange(columns, rows, in: &listed) }
                            listed.hand(to: body, buckets, durations, flags)
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func list(
        _ columns: borrowing SpanColumns, _ rows: Range<Int>, _ flags: Span<UInt8>, in list: inout RowList
    ) {
        if population == .spans {
            columns.operation.withSpan(rows) { operations in
                list.fill(operations, lineOfValue.span) { _ in true }
            }
        } else {
            columns.request.withSpan(rows) { requests in
                list.fill(requests, lineOfValue.span) { flags[$0] & SpanFlags.longRunning == 0 }
            }
        }
    }

    @inline(never)
    private func keepInRange(_ columns: borrowing SpanColumns, _ rows: Range<Int>, in list: inout RowList) {
        columns.start.withSpan(rows) { starts in
            columns.duration.withSpan(rows) { durations in
                list.keep { range.contains(starts[$0] &+ durations[$0]) }
            }
        }
    }
}

// MARK: What attribution found

extension LineScope {
    /// The rows of a slot that have a self time; their errors are those of the spans.
    @inline(__always)
    private func forEachBlock(
        ofSelfTimes part: SlotRows, _ listed: inout RowList, _ body: (borrowing MeasuredRows) -> Void
    ) {
        guard let attribution = part.slot.attribution else { return }
        let isCovered = range.covers(part.slot)
        part.forEachBlock { columns, start, rows in
            let count = min(rows.upperBound, attribution.rowCount - start)
            guard count > rows.lowerBound else { return }
            let rows = rows.lowerBound..<count
            let inSlot = rows.lowerBound + start..<rows.upperBound + start
            attribution.selfTimes.durations.withSpan(inSlot) { durations in
                columns.flags.withSpan(rows) { flags in
                    columns.operation.withSpan(rows) { operations in
                        listed.fill(operations, lineOfValue.span) { durations[$0] >= 0 }
                    }
                    if !isCovered { keepInRange(columns, rows, in: &listed) }
                    listed.findBuckets(of: durations)
                    listed.hand(to: body, durations, flags)
                }
            }
        }
    }

    @inline(__always)
    private func forEachBlock(
        ofParts slot: SlotView, _ listed: inout RowList, _ body: (borrowing MeasuredRows) -> Void
    ) {
        guard let attribution = slot.attribution else { return }
        let isCovered = range.covers(slot)
        for start in stride(from: 0, to: attribution.parts.count, by: SpanBlock.rowsMax) {
            let rows = start..<min(start + SpanBlock.rowsMax, attribution.parts.count)
            listed.reserve(rows.count)
            attribution.parts.buckets.withSpan(rows) { buckets in
                attribution.parts.durations.withSpan(rows) { durations in
                    attribution.parts.flags.withSpan(rows) { flags in
                        attribution.parts.series.withSpan(rows) { series in
                            listed.fill(series, lineOfValue.span) { _ in true }
                        }
                        if !isCovered { listed.keep { range.contains(attribution.end(ofPart: start + $0, in: slot)) } }
                        listed.hand(to: body, buckets, durations, flags)
                    }
                }
            }
        }
    }
}

extension SlotAttribution {
    /// When the request of a part ended, Unix nanoseconds.
    func end(ofPart part: Int, in slot: SlotView) -> Int64 {
        let span = slot.row(row(ofPart: part))
        return span.start &+ span.duration
    }
}

/// The rows of a block that a scan is about. Listed without branches: which ones they are is anyone's guess.
private struct RowList {
    private(set) var lines: [UInt16]
    private(set) var places: [UInt16]
    /// Codes of `LatencyBucket` by place, where `findBuckets(of:)` found them.
    private var buckets: [UInt16]
    private(set) var count = 0

    init(capacity: Int) {
        lines = Array(repeating: 0, count: capacity)
        places = Array(repeating: 0, count: capacity)
        buckets = Array(repeating: 0, count: capacity)
    }

    /// Makes room for so many rows.
    mutating func reserve(_ rows: Int) {
        guard rows > lines.count else { return }
        self = RowList(capacity: rows)
    }

    /// Lists the rows whose value has a line and that count.
    @inline(__always)
    mutating func fill<Value: FixedWidthInteger & BitwiseCopyable>(
        _ values: Span<Value>, _ lineOfValue: Span<UInt16>, _ isCounted: (Int) -> Bool
    ) {
        count = Self.fill(&lines, &places, values, lineOfValue, isCounted)
    }

    /// Finds the buckets of the listed rows, which no column has.
    mutating func findBuckets(of durations: Span<Int64>) {
        let places = places
        Self.findBuckets(&buckets, of: durations, places.span.extracting(first: count))
    }

    /// Hands the listed rows on with the buckets found last.
    @inline(__always)
    func hand(to body: (borrowing MeasuredRows) -> Void, _ durations: Span<Int64>, _ flags: Span<UInt8>) {
        hand(to: body, buckets.span.extracting(first: durations.count), durations, flags)
    }

    /// Hands the listed rows on, if there are any.
    @inline(__always)
    func hand(
        to body: (borrowing MeasuredRows) -> Void, _ buckets: Span<UInt16>, _ durations: Span<Int64>,
        _ flags: Span<UInt8>
    ) {
        guard count > 0 else { return }
        body(
            MeasuredRows(
                lines: lines.span.extracting(first: count), places: places.span.extracting(first: count),
                buckets: buckets, durations: durations, flags: flags))
    }

    @inline(__always)
    mutating func keep(_ isKept: (Int) -> Bool) {
        count = Self.keep(&lines, &places, count, isKept)
    }

    @inline(__always)
    private static func fill<Value: FixedWidthInteger & BitwiseCopyable>(
        _ lines: inout [UInt16], _ places: inout [UInt16], _ values: Span<Value>, _ lineOfValue: Span<UInt16>,
        _ isCounted: (Int) -> Bool
    ) -> Int {
        var lines = lines.mutableSpan
        var places = places.mutableSpan
        var end = 0
        for row in values.indices {
            places[end] = UInt16(truncatingIfNeeded: row)
            end &+= lineOfValue[Int(values[row])] != LineScope.noLine && isCounted(row) ? 1 : 0
        }
        for index in 0..<end { lines[index] = lineOfValue[Int(values[Int(places[index])])] }
        return end
    }

    private static func findBuckets(_ buckets: inout [UInt16], of durations: Span<Int64>, _ places: Span<UInt16>) {
        let codes = LatencyBucket.shared
        var buckets = buckets.mutableSpan
        for index in places.indices {
            let place = Int(places[index])
            buckets[place] = codes.code(durations[place])
        }
    }

    @inline(__always)
    private static func keep(
        _ lines: inout [UInt16], _ places: inout [UInt16], _ count: Int, _ isKept: (Int) -> Bool
    ) -> Int {
        var lines = lines.mutableSpan
        var places = places.mutableSpan
        var end = 0
        for row in 0..<count {
            let place = places[row]
            lines[end] = lines[row]
            places[end] = place
            end &+= isKept(Int(place)) ? 1 : 0
        }
        return end
    }
}
