import Support

/// What is usual for the groups of series that were asked about lately, so that an evaluation only adds what has come since.
package struct UsualGrowths: Sendable {
    private struct Key: Hashable {
        let population: Population
        /// Of a stretch, nanoseconds.
        let length: Int64
        /// From the end of the range to the evaluation, nanoseconds.
        let offset: Int64

        init(_ range: GrowthRange) { (population, length, offset) = (range.population, range.length, range.offset) }
    }

    private struct Known {
        var growth: UsualGrowth
        /// Until when it was asked about last, Unix nanoseconds.
        var asked: Int64
    }

    private var known: [Key: [GrowthGroup: Known]] = [:]

    package init() {}

    /// What is usual for each group before a range, by stretches as long as the range.
    ///
    /// - Parameter view: has the ten minutes before, as far as the window reaches.
    mutating func of(_ groups: [GrowthGroup], before range: GrowthRange, in view: WindowView) -> [UsualGrowth] {
        let slots = BaselineSlots(view.slotsWithRemembered, before: range)
        var growths = take(range, slots)
        var outdated = OutdatedAmounts(by: slots.amount)
        let unknown = groups.filter { growths[$0].map { outdated.contains($0.growth.amount) } ?? true }
        for (group, growth) in zip(unknown, slots.learn(unknown)) {
            growths[group] = Known(growth: growth, asked: range.range.upperBound)
        }
        let behind = groups.filter { growths[$0].map { $0.growth.end < slots.range.upperBound } ?? false }
        let extended = slots.extend(behind, behind.map { growths[$0]?.growth ?? UsualGrowth() })
        for (group, growth) in zip(behind, extended) { growths[group]?.growth = growth }
        for group in groups { growths[group]?.asked = range.range.upperBound }
        defer { known[Key(range)] = growths }
        return groups.map { growths[$0]?.growth ?? UsualGrowth() }
    }

    /// Takes out what is known before a range, without what nobody asks about any more, or what reaches into the range.
    ///
    /// The number of a series gets another name only once its spans have left the window; what was learned from them is
    /// outdated by then.
    private mutating func take(_ range: GrowthRange, _ slots: BaselineSlots) -> [GrowthGroup: Known] {
        let time = range.range.upperBound
        for (key, growths) in known {
            let kept = growths.filter { $0.value.asked >= time.subtractingSaturating(2 * key.length) }
            known[key] = kept.isEmpty ? nil : kept
        }
        return (known.removeValue(forKey: Key(range)) ?? [:]).filter { $0.value.growth.end <= slots.range.upperBound }
    }
}

/// Series whose durations are compared together.
struct GrowthGroup: Hashable {
    /// Ascending.
    let series: [Int32]
    /// Until when durations tell what is usual, Unix nanoseconds: a fault is no measure of it.
    let learnsUntil: Int64
}
