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
            let isCovered = range.covers(part.slot)
            part.forEachBlock { columns, rows in
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
                                list(columns, rows, isCovered: isCovered, in: &listed)
                                guard listed.count > 0 else { return }
                                body(
                                    MeasuredRows(
                                        lines: listed.lines.span.extracting(first: listed.count),
                                        places: listed.places.span.extracting(first: listed.count),
                                        buckets: buckets, durations: durations, flags: flags))
                            }
                        }
                    }
                }
            }
        }
    }

    private func list(
        _ columns: borrowing SpanColumns, _ rows: Range<Int>, isCovered: Bool, in list: inout RowList
    ) {
        switch population {
        case .spans:
            columns.operation.withSpan(rows) { operations in
                list.fill(operations, lineOfValue.span) { _ in true }
            }
        case .requests:
            columns.request.withSpan(rows) { requests in
                columns.flags.withSpan(rows) { flags in
                    list.fill(requests, lineOfValue.span) { flags[$0] & SpanFlags.longRunning == 0 }
                }
            }
        }
        guard !isCovered else { return }
        columns.start.withSpan(rows) { starts in
            columns.duration.withSpan(rows) { durations in
                list.keep { range.contains(starts[$0] &+ durations[$0]) }
            }
        }
    }
}

/// The rows of a block that a scan is about. Listed without branches: which ones they are is anyone's guess.
private struct RowList {
    private(set) var lines: [UInt16]
    private(set) var places: [UInt16]
    private(set) var count = 0

    init(capacity: Int) {
        lines = Array(repeating: 0, count: capacity)
        places = Array(repeating: 0, count: capacity)
    }

    @inline(__always)
    mutating func fill(_ values: Span<UInt16>, _ lineOfValue: Span<UInt16>, _ isCounted: (Int) -> Bool) {
        count = Self.fill(&lines, &places, values, lineOfValue, isCounted)
    }

    @inline(__always)
    mutating func keep(_ isKept: (Int) -> Bool) {
        count = Self.keep(&lines, &places, count, isKept)
    }

    @inline(__always)
    private static func fill(
        _ lines: inout [UInt16], _ places: inout [UInt16], _ values: Span<UInt16>, _ lineOfValue: Span<UInt16>,
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
