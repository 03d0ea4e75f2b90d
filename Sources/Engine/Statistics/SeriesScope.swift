/// Which rows a scan covers, and the index of each row's series.
struct SeriesScope {
    let population: Population
    var range: TimeRange
    /// Of `spans`.
    private let streams: StreamChoice
    /// Lines.
    let count: Int
    /// The index of each series among those of the scope, or `noSeries`.
    let indexOfSeries: [UInt16]
    /// Every span is wanted, so that its operation number is the index of its series.
    private let isEverySpan: Bool
    /// The index of the series for each value of the population's column.
    private let indexOfValue: [UInt16]
    /// Distinguishes series by instance; nil if they aren't distinguished.
    private let byInstance: InstanceScope?

    /// The index of each series that a summary may have.
    var indexOfSummarized: [UInt16] { population == .parts ? indexOfValue : indexOfSeries }

    /// There are fewer than 65,536 series.
    static let noSeries = UInt16.max

    /// - Parameters:
    ///   - streams: of a scope of spans.
    ///   - isWanted: by series number, whether it is in the scope.
    init(_ population: Population, range: TimeRange, streams: StreamChoice = .with, isWanted: [Bool]) {
        precondition(streams == .with || population == .spans)
        self.population = population
        self.range = range
        self.streams = streams
        var next: UInt16 = 0
        indexOfSeries = isWanted.map { wanted in
            guard wanted else { return Self.noSeries }
            next += 1
            return next - 1
        }
        count = Int(next)
        isEverySpan = population == .spans && streams == .with && count == isWanted.count
        // 0 in the column of requests means no request.
        indexOfValue = population == .requests ? [Self.noSeries] + indexOfSeries : indexOfSeries
        byInstance = nil
    }

    /// A scope of request parts, which may have more series than there are indices: each group of series counts as one.
    ///
    /// - Parameter groupOfSeries: the group of each series of `Population.parts`.
    init(partsIn range: TimeRange, groups: Range<Int>, groupOfSeries: [Int32]) {
        population = .parts
        self.range = range
        streams = .with
        count = groups.count
        isEverySpan = false
        indexOfSeries = groups.indices.map { UInt16($0 - groups.lowerBound) }
        indexOfValue = groupOfSeries.map { group in
            groups.contains(Int(group)) ? UInt16(Int(group) - groups.lowerBound) : Self.noSeries
        }
        byInstance = nil
    }

    /// A scope in which each of some of a selection's groups counts as one series.
    ///
    /// - Parameter population: request parts, or any whose series the selection tells apart by instance.
    static func of(
        _ groups: Range<Int>, in selection: Selection, _ population: Population, range: TimeRange
    ) -> SeriesScope {
        guard let instances = selection.instances else {
            return SeriesScope(partsIn: range, groups: groups, groupOfSeries: selection.groupOfSeries)
        }
        return SeriesScope(population, range: range, InstanceScope(population, selection, instances, groups: groups))
    }

    private init(_ population: Population, range: TimeRange, _ scope: InstanceScope) {
        self.population = population
        self.range = range
        streams = .with
        count = scope.groups.count
        isEverySpan = false
        indexOfSeries = (0..<scope.groups.count).map { UInt16($0) }
        indexOfValue = scope.wantedValues
        byInstance = scope
    }

    /// The counts of a slot's summary, and the rows that it lacks; nil if it has none, or if the range cuts the slot.
    func summarized(_ slot: SlotView) -> (counts: SeriesCounts, rest: SlotRows)? {
        let isSummarized = range.covers(slot) && byInstance == nil && streams == .with
        return isSummarized ? SlotRows(slot).summarized(population) : nil
    }

    /// Calls `body` with the rows of each block.
    @inline(__always)
    func forEachBlock(of slots: [SlotView], _ body: (borrowing MeasuredRows) -> Void) {
        forEachBlock(of: slots.map { SlotRows($0) }, body)
    }

    /// Calls `body` with the rows of each block in some parts of slots.
    @inline(__always)
    func forEachBlock(of parts: [SlotRows], _ body: (borrowing MeasuredRows) -> Void) {
        forEachBlock(of: parts, while: { true }, body)
    }

    /// The same, as long as any are wanted.
    @inline(__always)
    func forEachBlock(
        of parts: [SlotRows], while isWanted: () -> Bool, _ body: (borrowing MeasuredRows) -> Void
    ) {
        guard count > 0 else { return }
        var listed = RowList()
        for part in parts {
            switch population {
            case .spans: forEachBlock(ofSpans: part, &listed, while: isWanted, body)
            case .requests: forEachBlock(ofRequests: part, &listed, while: isWanted, body)
            case .selfTimes: forEachBlock(ofSelfTimes: part, &listed, while: isWanted, body)
            case .parts where part.rows.isEmpty: break
            case .parts: forEachBlock(ofParts: part.slot, &listed, while: isWanted, body)
            }
        }
    }

    @inline(__always)
    private func forEachBlock(
        ofSpans part: SlotRows, _ listed: inout RowList, while isWanted: () -> Bool,
        _ body: (borrowing MeasuredRows) -> Void
    ) {
        let isCovered = range.covers(part.slot)
        part.forEachBlock { columns, start, rows in
            guard isWanted() else { return }
            columns.bucket.withSpan(rows) { buckets in
                columns.duration.withSpan(rows) { durations in
                    columns.flags.withSpan(rows) { flags in
                        if isEverySpan && isCovered {
                            columns.operation.withSpan(rows) { operations in
                                body(
                                    MeasuredRows(
                                        seriesIndices: operations, rowIndices: Span(), buckets: buckets,
                                        durations: durations,
                                        flags: flags))
                            }
                        } else {
                            list(columns, rows, flags, in: &listed)
                            if streams != .with { keepChosen(part.slot, from: start + rows.lowerBound, in: &listed) }
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
                list.fill(operations, indexOfValue.span) { _ in true }
            }
        } else {
            columns.request.withSpan(rows) { requests in
                list.fill(requests, indexOfValue.span) { flags[$0] & SpanFlags.longRunning == 0 }
            }
        }
        tellApart(columns, rows, in: &list)
    }

    /// Gives listed rows the index of their instance's group.
    @inline(__always)
    private func tellApart(_ columns: borrowing SpanColumns, _ rows: Range<Int>, in list: inout RowList) {
        guard let byInstance else { return }
        let first = rows.lowerBound
        list.assign { row in
            // Listed requests have a number.
            let series =
                population == .requests ? columns.request[first + row] &- 1 : columns.operation[first + row]
            return byInstance.index(series: Int(series), source: Int(columns.source[first + row]))
        }
    }

    /// Keeps the listed rows that are streams, or those that aren't.
    @inline(never)
    private func keepChosen(_ slot: SlotView, from first: Int, in list: inout RowList) {
        let (attribution, areWanted) = (slot.attribution, streams == .only)
        let attributed = attribution?.rowCount ?? 0
        list.keep { row in
            let isStream = first + row < attributed && attribution?.selfTimes.isStream(row: first + row) == true
            return isStream == areWanted
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

extension SeriesScope {
    /// Rows with a self time; their errors are those of the spans.
    @inline(__always)
    private func forEachBlock(
        ofSelfTimes part: SlotRows, _ listed: inout RowList, while isWanted: () -> Bool,
        _ body: (borrowing MeasuredRows) -> Void
    ) {
        guard let attribution = part.slot.attribution else { return }
        let isCovered = range.covers(part.slot)
        part.forEachBlock { columns, start, rows in
            let count = min(rows.upperBound, attribution.rowCount - start)
            guard count > rows.lowerBound, isWanted() else { return }
            let rows = rows.lowerBound..<count
            let inSlot = rows.lowerBound + start..<rows.upperBound + start
            attribution.selfTimes.durations.withSpan(inSlot) { durations in
                columns.flags.withSpan(rows) { flags in
                    columns.operation.withSpan(rows) { operations in
                        listed.fill(operations, indexOfValue.span) { durations[$0] >= 0 }
                    }
                    tellApart(columns, rows, in: &listed)
                    if !isCovered { keepInRange(columns, rows, in: &listed) }
                    if let buckets = part.slot.selfTimeBuckets {
                        buckets.codes.withSpan(inSlot) { listed.hand(to: body, $0, durations, flags) }
                    } else {
                        listed.findBuckets(of: durations)
                        listed.hand(to: body, durations, flags)
                    }
                }
            }
        }
    }

    /// Requests with their authentication, then those that came after the attribution.
    @inline(__always)
    private func forEachBlock(
        ofRequests part: SlotRows, _ listed: inout RowList, while isWanted: () -> Bool,
        _ body: (borrowing MeasuredRows) -> Void
    ) {
        guard let (attribution, rest) = part.attributedRequests else {
            return forEachBlock(ofSpans: part, &listed, while: isWanted, body)
        }
        let isCovered = range.covers(part.slot)
        let indexOfWanted = byInstance?.wanted ?? indexOfSeries
        let count = attribution?.durations.count ?? 0
        for start in stride(from: 0, to: count, by: SpanBlock.rowsMax) {
            guard let attribution, isWanted() else { break }
            let requests = start..<min(start + SpanBlock.rowsMax, count)
            attribution.durations.buckets.withSpan(requests) { buckets in
                attribution.durations.durations.withSpan(requests) { durations in
                    attribution.durations.flags.withSpan(requests) { flags in
                        attribution.durations.series.withSpan(requests) { series in
                            listed.fill(series, indexOfWanted.span) { _ in true }
                        }
                        if let byInstance {
                            listed.assign {
                                let request = attribution.requests[start + $0]
                                let source = part.slot.row(Int(request.row)).source
                                return byInstance.index(series: Int(request.series), source: Int(source))
                            }
                        }
                        if !isCovered {
                            listed.keep { range.contains(attribution.end(ofRequest: start + $0, in: part.slot)) }
                        }
                        listed.hand(to: body, buckets, durations, flags)
                    }
                }
            }
        }
        forEachBlock(ofSpans: rest, &listed, while: isWanted, body)
    }

    @inline(__always)
    private func forEachBlock(
        ofParts slot: SlotView, _ listed: inout RowList, while isWanted: () -> Bool,
        _ body: (borrowing MeasuredRows) -> Void
    ) {
        guard let attribution = slot.attribution else { return }
        let isCovered = range.covers(slot)
        for start in stride(from: 0, to: attribution.parts.count, by: SpanBlock.rowsMax) {
            guard isWanted() else { return }
            let rows = start..<min(start + SpanBlock.rowsMax, attribution.parts.count)
            attribution.parts.buckets.withSpan(rows) { buckets in
                attribution.parts.durations.withSpan(rows) { durations in
                    attribution.parts.flags.withSpan(rows) { flags in
                        attribution.parts.series.withSpan(rows) { series in
                            listed.fill(series, indexOfValue.span) { _ in true }
                        }
                        if let byInstance {
                            listed.assign {
                                let source = slot.row(attribution.row(ofPart: start + $0)).source
                                return byInstance.index(
                                    series: Int(attribution.parts.series[start + $0]), source: Int(source))
                            }
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
    /// When a request ended, Unix nanoseconds.
    func end(ofRequest request: Int, in slot: SlotView) -> Int64 {
        let span = slot.row(Int(requests[request].row))
        return span.start &+ span.duration
    }

    /// When the request of a part ended, Unix nanoseconds.
    func end(ofPart part: Int, in slot: SlotView) -> Int64 {
        let span = slot.row(row(ofPart: part))
        return span.start &+ span.duration
    }
}
