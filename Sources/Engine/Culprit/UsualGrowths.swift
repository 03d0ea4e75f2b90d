import Support

/// What is usual for the groups of series that rules asked about lately, so that an evaluation only adds what has
/// arrived since.
package struct UsualGrowths: Sendable {
    private struct Key: Hashable {
        let population: Population
        /// Of a stretch, nanoseconds.
        let length: Int64
        /// From the end of the range to the evaluation, nanoseconds.
        let offset: Int64

        init(_ range: GrowthRange) { (population, length, offset) = (range.population, range.length, range.offset) }
    }

    private var known: [Key: UsualGrowthsOfRange] = [:]
    var openRequests = OpenRequests()

    package init() {}

    package var byteCount: Int { known.values.reduce(openRequests.byteCount) { $0 + $1.byteCount } }

    /// Takes out what is known before a range.
    mutating func take(_ range: GrowthRange) -> UsualGrowthsOfRange {
        known.removeValue(forKey: Key(range)) ?? UsualGrowthsOfRange()
    }

    mutating func put(_ growths: UsualGrowthsOfRange, before range: GrowthRange) { known[Key(range)] = growths }

    /// Drops what no rule has asked about for a while.
    ///
    /// - Parameter time: the end of a range that is asked about, Unix nanoseconds.
    mutating func removeForgotten(at time: Int64) {
        for key in known.keys { known[key]?.remove(askedBefore: time.subtractingSaturating(2 * key.length)) }
        known = known.filter { !$0.value.isEmpty }
    }
}

/// What is usual before a range, by group.
struct UsualGrowthsOfRange: Sendable {
    private struct Known: Sendable {
        var growth: UsualGrowth
        /// Until when it was asked about last, Unix nanoseconds.
        var asked: Int64
    }

    private var known: [GrowthGroup: Known] = [:]

    var isEmpty: Bool { known.isEmpty }

    var byteCount: Int {
        known.reduce(0) {
            $0 + $1.value.growth.byteCount + MemoryLayout<GrowthGroup>.stride
                + $1.key.series.count * MemoryLayout<Int32>.stride
        }
    }

    mutating func remove(askedBefore time: Int64) {
        guard known.values.contains(where: { $0.asked < time }) else { return }
        known = known.filter { $0.value.asked >= time }
    }

    /// What is usual for each group before a range, by stretches as long as the range: from the ten minutes before it, or
    /// before the group became slow. The latter stays as it is, also after these minutes have left the window.
    ///
    /// A series' number is reused only once its spans have left the window; what was learned from them is outdated by
    /// then.
    ///
    /// - Parameter view: has the ten minutes before, as far as the window reaches.
    mutating func of(_ groups: [GrowthGroup], before range: GrowthRange, in view: WindowView) -> [UsualGrowth] {
        let begin = range.range.lowerBound
        let ends = groups.map { min(begin - begin % range.length, $0.learnsUntil) }
        var learned = groups.map { _ in UsualGrowth() }
        for end in Set(ends).sorted() {
            let numbers = groups.indices.filter { ends[$0] == end }
            let slots = BaselineSlots(view, endingAt: end, before: range)
            let found = of(numbers.map { groups[$0] }, from: slots)
            for (number, growth) in zip(numbers, found) { learned[number] = growth }
        }
        for (group, growth) in zip(groups, learned) {
            known[group] = Known(growth: growth, asked: range.range.upperBound)
        }
        return learned
    }

    /// The same for groups with the same baseline.
    private func of(_ groups: [GrowthGroup], from slots: BaselineSlots) -> [UsualGrowth] {
        // What reaches beyond the baseline is from before the clock was set back.
        var growths = groups.map { known[$0].flatMap { $0.growth.end <= slots.range.upperBound ? $0.growth : nil } }
        var amounts = slots.amounts
        let now = groups.map { amounts.of($0) }
        var outdated = OutdatedAmounts()
        let unknown = groups.indices.filter { index in
            growths[index].map { outdated.contains($0.amount, by: now[index]) } ?? true
        }
        let learnedAnew = slots.learn(unknown.map { groups[$0] }, from: unknown.map { now[$0] })
        for (index, growth) in zip(unknown, learnedAnew) { growths[index] = growth }
        var learned = growths.map { $0 ?? UsualGrowth() }
        let behind = learned.indices.filter { learned[$0].end < slots.range.upperBound }
        let extended = slots.extend(behind.map { groups[$0] }, behind.map { learned[$0] })
        for (index, growth) in zip(behind, extended) { learned[index] = growth }
        return learned
    }
}

/// Series whose durations are compared together.
struct GrowthGroup: Hashable {
    /// Ascending.
    let series: [Int32]
    /// Until when durations show what is usual, Unix nanoseconds; those of a fault don't.
    let learnsUntil: Int64

    /// Hardly any two groups begin with the same series.
    func hash(into hasher: inout Hasher) {
        hasher.combine(series.first)
        hasher.combine(series.count)
        hasher.combine(learnsUntil)
    }
}
