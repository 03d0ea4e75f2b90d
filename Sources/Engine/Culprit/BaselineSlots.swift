import Support

/// The slots before an interval, which show what is usual.
struct BaselineSlots {
    private let slots: [SlotView]
    private let population: Population
    /// Unix nanoseconds.
    let range: Range<Int64>
    /// Of a stretch, nanoseconds.
    private let length: Int64
    let amounts: ClusterAmounts

    /// - Parameter end: of the baseline, Unix nanoseconds.
    init(_ view: WindowView, endingAt end: Int64, before asked: GrowthRange) {
        let range = end.subtractingSaturating(WindowView.culpritBaseline)..<end
        self.range = range
        length = max(asked.length, Window.slotWidth)
        slots = view.slotsWithRemembered(within: range)
        population = asked.population
        amounts = ClusterAmounts(slots, since: range.lowerBound, of: view, population)
    }

    /// Learns how long the series of some groups usually take, and how stretches compare with that.
    ///
    /// - Parameter amounts: of each group.
    func learn(_ groups: [GrowthGroup], from amounts: [BaselineAmount]) -> [UsualGrowth] {
        guard !groups.isEmpty else { return [] }
        let series = GroupedSeries(groups)
        var durations = groups.map { _ in UsualDurations() }
        for slot in slots {
            series.forEachCells(of: slot, population) { group, number, cells in
                guard slot.end <= groups[group].learnsUntil else { return }
                durations[group].learn(cells, series: number)
            }
        }
        for group in groups.indices { durations[group].learned() }
        return extend(groups, zip(durations, amounts).map { UsualGrowth($0, learnedFrom: $1) })
    }

    /// Adds the stretches that have come since.
    func extend(_ groups: [GrowthGroup], _ known: [UsualGrowth]) -> [UsualGrowth] {
        guard !groups.isEmpty else { return [] }
        let series = GroupedSeries(groups)
        var stretches = groups.map { _ in OpenStretch() }
        let first = known.map(\.end).min() ?? .min
        for slot in slots where slot.end > first {
            let end = (slot.start / length + 1) * length
            series.forEachCells(of: slot, population) { group, number, cells in
                guard slot.end > known[group].end, slot.end <= groups[group].learnsUntil else { return }
                stretches[group].add(cells, usual: known[group].durations.code(of: number), endOfStretch: end)
            }
            for group in stretches.indices { stretches[group].endSlot() }
        }
        return groups.indices.map { group in
            var growth = known[group]
            growth.extend(stretches[group].all, in: range)
            return growth
        }
    }

    /// The stretches of a group, one after the other.
    private struct OpenStretch {
        private var closed: [UsualGrowth.Stretch] = []
        private var durations = RelativeDurations(keepsDurations: false)
        private var end: Int64?

        mutating func add(_ cells: Span<SeriesCounts.Cell>, usual: Int?, endOfStretch: Int64) {
            if end != endOfStretch { close() }
            end = endOfStretch
            durations.add(cells, usual: usual)
        }

        mutating func endSlot() { if end != nil { durations.endPart() } }

        private mutating func close() {
            guard let end else { return }
            closed.append(UsualGrowth.Stretch(end: end, statistics: durations.statistics))
            durations.removeAll()
        }

        var all: [UsualGrowth.Stretch] {
            var stretches = self
            stretches.close()
            return stretches.closed
        }
    }
}
