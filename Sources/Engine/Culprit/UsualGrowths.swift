import Support

/// What is usual for the groups of series that were asked about lately, so that an evaluation only adds what has come since.
package struct UsualGrowths: Sendable {
    private struct Key: Hashable {
        let population: Population
        /// How often numbers of series were given to other names.
        let changes: UInt64
        /// Of a stretch, nanoseconds.
        let length: Int64
        /// From the end of the range to the evaluation, nanoseconds.
        let offset: Int64
    }

    private struct Known {
        var growth: UsualGrowth
        /// Until when it was asked about last, Unix nanoseconds.
        var asked: Int64

        func isKept(at time: Int64) -> Bool { asked >= time.subtractingSaturating(WindowView.culpritBaseline) }
    }

    private var known: [Key: [GrowthGroup: Known]] = [:]

    package init() {}

    /// What is usual for each group before a range, by stretches as long as the range.
    ///
    /// - Parameter view: has the ten minutes before, as far as the window reaches.
    mutating func of(_ groups: [GrowthGroup], before range: GrowthRange, in view: WindowView) -> [UsualGrowth] {
        let asked = range.range.upperBound
        let births =
            range.population == .spans || range.population == .selfTimes ? view.operationBirths : view.requestBirths
        let key = Key(
            population: range.population, changes: births.changes, length: range.length, offset: range.offset)
        let baseline = Baseline(view.slots, before: range)
        var growths = (known.removeValue(forKey: key) ?? [:]).filter {
            $0.value.isKept(at: asked) && $0.value.growth.end <= baseline.range.upperBound
        }
        known = known.filter { $0.value.values.contains { $0.isKept(at: asked) } }
        var outdated = OutdatedAmounts(by: baseline.amount)
        let unknown = groups.filter { growths[$0].map { outdated.contains($0.growth.amount) } ?? true }
        for (group, growth) in zip(unknown, baseline.learn(unknown)) {
            growths[group] = Known(growth: growth, asked: asked)
        }
        let behind = groups.filter { growths[$0].map { $0.growth.end < baseline.range.upperBound } ?? false }
        let extended = baseline.extend(behind, behind.map { growths[$0]?.growth ?? UsualGrowth() })
        for (group, growth) in zip(behind, extended) { growths[group]?.growth = growth }
        for group in groups { growths[group]?.asked = asked }
        defer { known[key] = growths }
        return groups.map { growths[$0]?.growth ?? UsualGrowth() }
    }
}

/// Series whose durations are compared together.
struct GrowthGroup: Hashable {
    /// Ascending.
    let series: [Int32]
    /// Until when durations tell what is usual, Unix nanoseconds: a fault is no measure of it.
    let learnsUntil: Int64
}

/// What is usual for a group.
struct UsualGrowth {
    fileprivate struct Stretch {
        /// Unix nanoseconds.
        let end: Int64
        let statistics: StretchStatistics
    }

    let durations: UsualDurations
    /// What the durations were learned from.
    fileprivate let amount: BaselineAmount
    private var stretches: [Stretch] = []
    private(set) var baseline = GrowthBaseline([])
    /// Until when stretches are known, Unix nanoseconds.
    private(set) var end = Int64.min

    fileprivate init(
        _ durations: UsualDurations = UsualDurations(), learnedFrom amount: BaselineAmount = BaselineAmount()
    ) {
        self.durations = durations
        self.amount = amount
    }

    /// - Parameter added: in order of time.
    fileprivate mutating func extend(_ added: [Stretch], in range: Range<Int64>) {
        stretches.removeAll { $0.end <= range.lowerBound }
        stretches += added
        end = range.upperBound
        baseline = GrowthBaseline(stretches.map(\.statistics))
    }
}

/// The slots before an interval.
private struct Baseline {
    private let slots: [SlotView]
    private let population: Population
    /// Unix nanoseconds.
    let range: Range<Int64>
    /// Of a stretch, nanoseconds.
    private let length: Int64
    let amount: BaselineAmount

    init(_ slots: [SlotView], before asked: GrowthRange) {
        let begin = asked.range.lowerBound
        let end = begin - begin % asked.length
        let range = end.subtractingSaturating(WindowView.culpritBaseline)..<end
        self.range = range
        length = max(asked.length, Window.slotWidth)
        self.slots = slots.filter { range.lowerBound < $0.end && $0.end <= range.upperBound }
        population = asked.population
        let first = self.slots.first?.start ?? .max
        amount = BaselineAmount(self.slots, isWhole: first <= range.lowerBound)
    }

    /// Learns how long the series of some groups usually take, and what stretches are like relative to that.
    func learn(_ groups: [GrowthGroup]) -> [UsualGrowth] {
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
        return extend(groups, durations.map { UsualGrowth($0, learnedFrom: amount) })
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

        mutating func endSlot() { durations.endPart() }

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

/// How much a baseline consists of.
private struct BaselineAmount: Equatable {
    private struct Slot: Equatable {
        /// Unix nanoseconds.
        let start: Int64
        let rows: Int
        let attributed: Int
    }

    /// In order of time.
    private var slots: [Slot] = []
    /// Whether the window has all of it.
    private var isWhole = false

    init() {}

    init(_ slots: [SlotView], isWhole: Bool) {
        self.slots = slots.map {
            Slot(start: $0.start, rows: $0.count, attributed: $0.attribution?.rowCount ?? 0)
        }
        self.isWhole = isWhole
    }

    /// Whether what was learned from this is no longer what is usual, because half as much has come since, or much of it
    /// late. As long as the window is filling, what is usual isn't known well, and an eighth counts as much.
    func isOutdated(by now: BaselineAmount) -> Bool {
        isOutdated(by: now) { $0.rows } || isOutdated(by: now) { $0.attributed }
    }

    private func isOutdated(by now: BaselineAmount, _ count: (Slot) -> Int) -> Bool {
        let total = slots.reduce(0) { $0 + count($1) }
        var (late, new) = (0, 0)
        var rest = slots[...]
        for slot in now.slots {
            rest = rest.drop { $0.start < slot.start }
            if let known = rest.first, known.start == slot.start {
                late += max(count(slot) - count(known), 0)
            } else {
                new += count(slot)
            }
        }
        return late > total / 8 || new > total / (isWhole ? 2 : 8)
    }
}

/// Which of the amounts that were learned from are outdated; groups have learned together from most of them.
private struct OutdatedAmounts {
    private let now: BaselineAmount
    private var judged: [(amount: BaselineAmount, isOutdated: Bool)] = []

    init(by now: BaselineAmount) {
        self.now = now
    }

    mutating func contains(_ amount: BaselineAmount) -> Bool {
        if let known = judged.first(where: { $0.amount == amount }) { return known.isOutdated }
        let isOutdated = amount.isOutdated(by: now)
        judged.append((amount, isOutdated))
        return isOutdated
    }
}
