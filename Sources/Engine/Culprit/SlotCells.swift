// The durations of a slot by series and latency bucket: from its summary, or one by one what it doesn't know.
extension SlotView {
    /// Called with a series, a latency bucket of it and how many of its durations lie there.
    typealias CellBody = (_ series: Int, _ code: UInt16, _ count: Int) -> Void

    /// Calls `body` with cells of the series that are wanted.
    @inline(__always)
    func forEachCell(of population: Population, where isWanted: (_ series: Int) -> Bool, _ body: CellBody) {
        forEachCell(of: population, summarized: isWanted) { series, code, count in
            if isWanted(series) { body(series, code, count) }
        }
    }

    @inline(__always)
    func forEachCell(of population: Population, _ body: CellBody) {
        forEachCell(of: population, summarized: { _ in true }, body)
    }

    /// - Parameter isWanted: the cells of other series are passed over where the slot's summary has them.
    @inline(__always)
    private func forEachCell(
        of population: Population, summarized isWanted: (_ series: Int) -> Bool, _ body: CellBody
    ) {
        let rest = SlotRows(self).forEachCell(of: population, where: isWanted, body)
        guard !rest.rows.isEmpty else { return }
        switch population {
        case .spans:
            rest.forEachBlock { columns, _, rows in
                for row in rows { body(Int(columns.operation[row]), columns.bucket[row], 1) }
            }
        case .requests: rest.forEachRequest(body)
        case .selfTimes: forEachSelfTime(body)
        case .parts: forEachPart(body)
        }
    }

    private func forEachSelfTime(_ body: CellBody) {
        guard let attribution else { return }
        SlotRows(self).forEachBlock { columns, first, rows in
            for row in rows where first + row < attribution.rowCount {
                guard let selfTime = attribution.selfTimes[first + row] else { continue }
                body(Int(columns.operation[row]), LatencyBucket.shared.code(selfTime), 1)
            }
        }
    }

    private func forEachPart(_ body: CellBody) {
        guard let attribution else { return }
        for part in 0..<attribution.parts.count {
            body(Int(attribution.parts.series[part]), attribution.parts.buckets[part], 1)
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
    fileprivate func forEachCell(
        of population: Population, where isWanted: (_ series: Int) -> Bool, _ body: SlotView.CellBody
    ) -> SlotRows {
        guard let (counts, rest) = summarized(population) else { return self }
        for index in counts.series.indices where isWanted(counts.series[index].number) {
            let cells = counts.cells(index)
            for cell in cells.indices {
                body(counts.series[index].number, cells[cell].code, Int(cells[cell].count))
            }
        }
        return rest
    }

    /// Calls `body` with requests: those of the attribution with their authentication, then those that came after it.
    fileprivate func forEachRequest(_ body: SlotView.CellBody) {
        guard let (attribution, rest) = attributedRequests else { return forEachRequestSpan(body) }
        if let attribution {
            for request in 0..<attribution.durations.count {
                body(Int(attribution.durations.series[request]), attribution.durations.buckets[request], 1)
            }
        }
        rest.forEachRequestSpan(body)
    }

    private func forEachRequestSpan(_ body: SlotView.CellBody) {
        forEachBlock { columns, _, rows in
            for row in rows where columns.request[row] > 0 {
                guard columns.flags[row] & SpanFlags.longRunning == 0 else { continue }
                body(Int(columns.request[row]) - 1, columns.bucket[row], 1)
            }
        }
    }
}
