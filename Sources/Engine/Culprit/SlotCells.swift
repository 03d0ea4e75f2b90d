// The durations of a slot by series and latency bucket: from its summary, and one by one for rows that the summary
// lacks.
extension SlotView {
    /// Called with a series and some of its durations, by latency bucket in order.
    typealias CellsBody = (_ series: Int, _ cells: Span<SeriesCounts.Cell>) -> Void

    /// Calls `body` with the durations of the series that are wanted: at once with all of a series that the slot's summary
    /// has, and with others one by one.
    @inline(__always)
    func forEachCells(of population: Population, where isWanted: (_ series: Int) -> Bool, _ body: CellsBody) {
        let rest = SlotRows(self).forEachCells(of: population, where: isWanted, body)
        guard !rest.rows.isEmpty else { return }
        func add(_ series: Int, _ code: UInt16) {
            guard isWanted(series) else { return }
            let one: InlineArray<1, SeriesCounts.Cell> = [SeriesCounts.Cell(code: code, count: 1)]
            body(series, one.span)
        }
        switch population {
        case .spans:
            rest.forEachBlock { columns, _, rows in
                for row in rows { add(Int(columns.operation[row]), columns.bucket[row]) }
            }
        case .requests:
            if rest.rows.count < Self.countedMin {
                rest.forEachRequest(add)
            } else {
                rest.countRequests(where: isWanted, body)
            }
        case .selfTimes: forEachSelfTime(add)
        case .parts: forEachPart(add)
        }
    }

    /// With fewer rows, requests are passed on one by one.
    private static var countedMin: Int { 512 }

    private func forEachSelfTime(_ body: (_ series: Int, _ code: UInt16) -> Void) {
        guard let attribution else { return }
        SlotRows(self).forEachBlock { columns, first, rows in
            for row in rows where first + row < attribution.rowCount {
                guard let selfTime = attribution.selfTimes[first + row] else { continue }
                body(Int(columns.operation[row]), LatencyBucket.shared.code(selfTime))
            }
        }
    }

    private func forEachPart(_ body: (_ series: Int, _ code: UInt16) -> Void) {
        guard let attribution else { return }
        for part in 0..<attribution.parts.count {
            body(Int(attribution.parts.series[part]), attribution.parts.buckets[part])
        }
    }

    /// Calls `body` with sums of the durations of request parts, nanoseconds, by series of `Population.parts`.
    func forEachPartSum(_ body: (_ series: Int, _ sum: Double) -> Void) {
        if let (counts, _) = SlotRows(self).summarized(.parts) {
            for series in counts.series { body(series.number, Double(series.tally.sum)) }
        } else if let attribution {
            for part in 0..<attribution.parts.count {
                body(Int(attribution.parts.series[part]), Double(attribution.parts.durations[part]))
            }
        }
    }
}

extension SlotRows {
    /// Calls `body` with the cells of the slot's summary, and returns the rows that it doesn't know.
    @inline(__always)
    fileprivate func forEachCells(
        of population: Population, where isWanted: (_ series: Int) -> Bool, _ body: SlotView.CellsBody
    ) -> SlotRows {
        if population == .requests, let counted = slot.openRequests {
            for counts in counted.parts { counts.forEachCells(where: isWanted, body) }
            return SlotRows(slot, from: counted.rowCount)
        }
        guard let (counts, rest) = summarized(population) else { return self }
        counts.forEachCells(where: isWanted, body)
        return rest
    }

    /// Calls `body` with requests: those of the attribution with their authentication, then those that came after it.
    fileprivate func forEachRequest(_ body: (_ series: Int, _ code: UInt16) -> Void) {
        guard let (attribution, rest) = attributedRequests else { return forEachRequestSpan(body) }
        if let attribution {
            for request in 0..<attribution.durations.count {
                body(Int(attribution.durations.series[request]), attribution.durations.buckets[request])
            }
        }
        rest.forEachRequestSpan(body)
    }

    /// Calls `body` once for each series, which takes less time than once for each request.
    fileprivate func countRequests(where isWanted: (_ series: Int) -> Bool, _ body: SlotView.CellsBody) {
        var codes = CodesBySeries()
        var seriesCount = 0
        forEachRequest { series, code in
            guard isWanted(series) else { return }
            codes.append(code, series)
            seriesCount = max(seriesCount, series + 1)
        }
        codes.sort(seriesCount: seriesCount)
        let cells = codes.takeCells()
        for series in 0..<seriesCount where codes.firstCell(series) < codes.firstCell(series + 1) {
            body(series, cells.span.extracting(codes.firstCell(series)..<codes.firstCell(series + 1)))
        }
    }

    private func forEachRequestSpan(_ body: (_ series: Int, _ code: UInt16) -> Void) {
        forEachBlock { columns, _, rows in
            let (requests, flags) = (columns.request.span(rows), columns.flags.span(rows))
            // Few spans are requests.
            for index in requests.indices where requests[index] > 0 {
                guard flags[index] & SpanFlags.longRunning == 0 else { continue }
                body(Int(requests[index]) - 1, columns.bucket[rows.lowerBound + index])
            }
        }
    }
}
