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

    /// Calls `body` for each block with the line of every row, -1 for rows the scan is not about.
    @inline(__always)
    func forEachBlock(of slots: [SlotView], _ body: (borrowing SpanColumns, _ lineOfRow: Span<Int32>) -> Void) {
        guard count > 0 else { return }
        var scratch = [Int32](repeating: -1, count: SpanBlock.rowsMax)
        for slot in slots {
            let isCovered = range.covers(slot)
            slot.forEachBlock { columns, rows in
                var lines = scratch.mutableSpan
                switch population {
                case .spans: fillSpans(&lines, columns, rows)
                case .requests: fillRequests(&lines, columns, rows)
                }
                if !isCovered { dropOutside(&lines, columns, rows) }
                body(columns, scratch.span.extracting(first: rows))
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
