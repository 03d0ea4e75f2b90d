/// New summaries of a slot.
package struct SlotSummaries: Sendable {
    /// The slot's start, Unix nanoseconds.
    let slot: Int64
    /// Of its rows; nil if it has one.
    let rows: SlotSummary?
    /// Of its attribution; nil if it has one, or isn't attributed yet.
    let attribution: AttributionSummary?
}

/// Creates the summaries of slots.
package struct SlotSummarizer: Sendable {
    private var counter = SeriesCounter()
    private let rowsMin: Int

    /// A slot with more series than this, which no control plane has, gets no summary: each takes 552 bytes of a table
    /// while it is counted.
    private static let seriesMax = 1 << 14

    /// - Parameter rowsMin: a slot of fewer rows gets no summary.
    package init(rowsMin: Int) {
        self.rowsMin = rowsMin
    }

    /// Summarizes the slots of a view that ended by a time (Unix nanoseconds) and have enough rows, if they have no
    /// summary yet.
    ///
    /// - Parameter thresholds: durations, nanoseconds; rules call a longer span bad.
    /// - Returns: the new summaries, to store in the window. The view already has them.
    package mutating func summarize(
        _ view: inout WindowView, upTo time: Int64, thresholds: [Int64]
    ) -> [SlotSummaries] {
        view.slots.indices.compactMap { index in
            let slot = view.slots[index]
            guard slot.end <= time, slot.count >= rowsMin else { return nil }
            let rows = slot.summary == nil ? summarize(slot, of: view, thresholds) : nil
            let attribution =
                slot.attributionSummary == nil ? summarizeAttribution(of: slot, of: view, thresholds) : nil
            guard rows != nil || attribution != nil else { return nil }
            let summaries = SlotSummaries(slot: slot.start, rows: rows, attribution: attribution)
            view.attach(summaries, toSlotAt: index)
            return summaries
        }
    }

    private mutating func summarize(_ slot: SlotView, of view: WindowView, _ thresholds: [Int64]) -> SlotSummary? {
        let operations = view.seriesCount(.spans)
        guard operations <= Self.seriesMax else { return nil }
        return SlotSummary(
            rowCount: slot.count, spans: counter.count(slot, .spans, seriesCount: operations, thresholds))
    }

    /// Counts of a slot's attribution; nil if it has none, or for a slot of few rows.
    mutating func summarizeAttribution(
        of slot: SlotView, of view: WindowView, _ thresholds: [Int64]
    ) -> AttributionSummary? {
        guard slot.count >= rowsMin else { return nil }
        let (operations, requests) = (view.seriesCount(.selfTimes), view.seriesCount(.requests))
        guard let attribution = slot.attribution, max(operations, requests) <= Self.seriesMax,
            let parts = counter.count(
                attribution.parts, seriesCount: view.seriesCount(.parts), seriesMax: Self.seriesMax)
        else { return nil }
        var slot = slot
        let buckets = SelfTimeBuckets(attribution.selfTimes)
        slot.attach(buckets)
        return AttributionSummary(
            requests: counter.count(
                SlotRows(slot, upTo: attribution.rowCount), .requests, seriesCount: requests, thresholds),
            selfTimes: counter.count(slot, .selfTimes, seriesCount: operations, []), parts: parts, buckets: buckets,
            ownWork: OwnWork(
                all: counter.count(ownWorkOn: attribution.requests, seriesCount: requests),
                withoutEtcd: counter.count(
                    ownWorkOn: attribution.requests.filter { !$0.reachesEtcd }, seriesCount: requests)))
    }
}
