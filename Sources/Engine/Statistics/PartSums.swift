/// Counts, errors and sums of request parts by group of a selection. No durations are looked at where slots have summaries.
struct PartSums {
    private let selection: Selection
    private var tallies: [LatencyTally]

    /// - Parameter slots: those that have a part of the range.
    init(_ selection: Selection, in range: TimeRange, _ slots: [SlotView]) {
        self.selection = selection
        tallies = Array(repeating: LatencyTally(), count: selection.groupCount)
        for slot in slots {
            if range.covers(slot), let (counts, _) = SlotRows(slot).summarized(.parts) {
                for series in counts.series { add(series.tally, of: series.number) }
            } else if let attribution = slot.attribution {
                add(attribution, of: slot, in: range)
            }
        }
    }

    private mutating func add(_ tally: LatencyTally, of series: Int) {
        let group = series < selection.groupOfSeries.count ? Int(selection.groupOfSeries[series]) : -1
        if group >= 0 { tallies[group] += tally }
    }

    private mutating func add(_ attribution: SlotAttribution, of slot: SlotView, in range: TimeRange) {
        let isCovered = range.covers(slot)
        for part in 0..<attribution.parts.count {
            guard isCovered || range.contains(attribution.end(ofPart: part, in: slot)) else { continue }
            var one = LatencyTally()
            one.count = 1
            one.errors = Int(attribution.parts.flags[part] & SpanFlags.error)
            one.sum = Int128(attribution.parts.durations[part])
            add(one, of: Int(attribution.parts.series[part]))
        }
    }

    /// By group.
    var statistics: [LatencyStatistics] {
        tallies.enumerated().map { group, tally in
            var statistics = LatencyStatistics()
            statistics.count = tally.count + selection.absent(group, rows: tally.count)
            (statistics.errors, statistics.sum) = (tally.errors, tally.sum)
            return statistics
        }
    }
}
