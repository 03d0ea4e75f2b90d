/// Which rows a scan is about, and the line of the table that each belongs to.
struct LineScope {
    let population: Population
    let range: TimeRange
    /// By series number its line, or -1.
    let lineOfSeries: [Int32]
    /// Lines.
    let count: Int

    /// - Parameter isWanted: by series number whether it gets a line.
    init(_ population: Population, range: TimeRange, isWanted: [Bool]) {
        self.population = population
        self.range = range
        var lines: Int32 = 0
        lineOfSeries = isWanted.map { wanted in
            guard wanted else { return -1 }
            lines += 1
            return lines - 1
        }
        count = Int(lines)
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
        var scratch = [Int32](repeating: -1, count: SpanBlock.rowsMax)
        for part in parts {
            let isCovered = range.covers(part.slot)
            part.forEachBlock { columns, skipped, rows in
                var lines = scratch.mutableSpan
                switch population {
                case .spans: fillSpans(&lines, columns, rows)
                case .requests: fillRequests(&lines, columns, rows)
                }
                if !isCovered { dropOutside(&lines, columns, rows) }
                columns.bucket.withSpan(rows) { buckets in
                    columns.duration.withSpan(rows) { durations in
                        columns.flags.withSpan(rows) { flags in
                            let part = skipped..<rows
                            body(
                                MeasuredRows(
                                    lines: scratch.span.extracting(part), buckets: buckets.extracting(part),
                                    durations: durations.extracting(part), flags: flags.extracting(part)))
                        }
                    }
                }
            }
        }
    }

    @inline(__always)
    private func fillSpans(_ lines: inout MutableSpan<Int32>, _ columns: borrowing SpanColumns, _ count: Int) {
        let table = lineOfSeries.span
        columns.operation.withSpan(count) { operations in
            for row in 0..<count { lines[row] = table[Int(operations[row])] }
        }
    }

    @inline(__always)
    private func fillRequests(_ lines: inout MutableSpan<Int32>, _ columns: borrowing SpanColumns, _ count: Int) {
        let table = lineOfSeries.span
        columns.request.withSpan(count) { requests in
            columns.flags.withSpan(count) { flags in
                for row in 0..<count {
                    let isCounted = requests[row] > 0 && flags[row] & SpanFlags.longRunning == 0
                    lines[row] = isCounted ? table[Int(requests[row]) &- 1] : -1
                }
            }
        }
    }

    private func dropOutside(_ lines: inout MutableSpan<Int32>, _ columns: borrowing SpanColumns, _ count: Int) {
        columns.start.withSpan(count) { starts in
            columns.duration.withSpan(count) { durations in
                for row in 0..<count where !range.contains(starts[row] &+ durations[row]) { lines[row] = -1 }
            }
        }
    }
}

/// What a scan reads of a block, one element a row.
struct MeasuredRows: ~Escapable {
    /// The line of the table that a row belongs to; -1 where the scan is not about it.
    let lines: Span<Int32>
    /// Codes of `LatencyBucket`.
    let buckets: Span<UInt16>
    /// Nanoseconds.
    let durations: Span<Int64>
    /// `SpanFlags`.
    let flags: Span<UInt8>

    @inline(__always)
    @_lifetime(copy lines, copy buckets, copy durations, copy flags)
    init(lines: Span<Int32>, buckets: Span<UInt16>, durations: Span<Int64>, flags: Span<UInt8>) {
        self.lines = lines
        self.buckets = buckets
        self.durations = durations
        self.flags = flags
    }
}
