import Support

/// When durations began to be longer than before, Unix nanoseconds.
struct Onset {
    /// From here on nothing is a measure of health.
    var from: Int64
    /// The slot in which the first long ones ended; a later one if several slots had to be combined.
    var slot: Int64
}

/// The durations of a few series over a stretch of time, slot by slot.
struct SlotDurations {
    /// Durations of one series in a slot.
    private struct Part {
        let slot: Int
        /// In order of bucket.
        let cells: [SeriesCounts.Cell]
    }

    private let slots: [SlotView]
    /// By series: its place in `parts`; -1 for those that nothing asks about.
    private let places: [Int]
    private let parts: [[Part]]

    /// - Parameter series: those that anything asks about.
    init(_ slots: [SlotView], _ population: Population, of series: Set<Int32>) {
        var places = [Int](repeating: -1, count: Int(series.max() ?? -1) + 1)
        var parts = [[Part]](repeating: [], count: series.count)
        for (place, number) in series.enumerated() where number >= 0 { places[Int(number)] = place }
        for (index, slot) in slots.enumerated() {
            slot.forEachCells(of: population, where: { $0 < places.count && places[$0] >= 0 }) { number, cells in
                parts[places[number]].append(Part(slot: index, cells: cells.indices.map { cells[$0] }))
            }
        }
        self.slots = slots
        self.places = places
        self.parts = parts
    }

    /// When some series began to take longer than before, up to the end of the interval; nil if they didn't.
    func onset(of series: [Int32], in comparison: Comparison) -> Onset? {
        let counts = slots.map { comparison.isHeld($0) }
        var durations = slots.map { _ in RelativeDurations(keepsDurations: false) }
        for number in series {
            guard places.indices.contains(Int(number)), places[Int(number)] >= 0 else { continue }
            let found = parts[places[Int(number)]].filter { counts[$0.slot] }
            var all = LatencyHistogram()
            for part in found { all.add(part.cells.span) }
            guard let median = all.code(quantile: 0.5) else { continue }
            let usual = max(median, UsualDurations.codeMin)
            for part in found { durations[part.slot].add(part.cells.span, usual: usual) }
        }
        let known = max(slots.first?.start ?? .max, comparison.baseline.lowerBound)
        return Rise.first(in: bins(durations), notBefore: known.addingSaturating(Self.shortest)).map {
            Onset(from: $0, slot: firstRisen(from: $0, durations))
        }
    }

    /// Of the slots combined from a time on, the first one with durations like their longest ones, Unix nanoseconds.
    private func firstRisen(from start: Int64, _ durations: [RelativeDurations]) -> Int64 {
        var count = 0
        var found: [(start: Int64, longest: Int)] = []
        for (slot, part) in zip(slots, durations) where slot.start >= start && count < Self.countMin {
            guard let longest = part.longest else { continue }
            found.append((slot.start, longest))
            count += part.count
        }
        let longest = found.map(\.longest).max() ?? 0
        return found.first { $0.longest >= longest - Self.doubling }?.start ?? start
    }

    /// Steps.
    private static let doubling = 64

    /// With less before it, an earlier rise would leave nothing to compare with.
    private static let shortest = WindowView.culpritBaselineShortest + Window.slotWidth

    /// Neighbouring slots, combined until there are enough durations for their statistics to mean something.
    private func bins(_ durations: [RelativeDurations]) -> [Rise.Bin] {
        var bins: [Rise.Bin] = []
        var open = RelativeDurations(keepsDurations: false)
        var start: Int64?
        for (number, found) in durations.enumerated() where found.count > 0 {
            open.add(found)
            start = start ?? slots[number].start
            guard open.count >= Self.countMin, let begun = start else { continue }
            bins.append(Rise.Bin(start: begun, durations: open))
            (open, start) = (RelativeDurations(keepsDurations: false), nil)
        }
        return bins
    }

    private static let countMin = 10
}

/// A time after which durations are longer than before.
enum Rise {
    struct Bin {
        /// Unix nanoseconds.
        let start: Int64
        /// The binary logarithm of each statistic, by its number.
        let values: [Double]
        let count: Int

        init(start: Int64, durations: RelativeDurations) {
            self.start = start
            let statistics = durations.statistics
            values = GrowthStatistic.allCases.map { statistics[$0] ?? 0 }
            count = durations.count
        }
    }

    /// The start of the first bin after the earliest rise that lasts; nil if there is none.
    ///
    /// Slow growth rises again and again, so once it has found where two parts differ most, it continues with the
    /// earlier one.
    ///
    /// - Parameter earliest: a rise before it counts only if there is none later, Unix nanoseconds.
    static func first(in bins: [Bin], notBefore earliest: Int64) -> Int64? {
        var end = bins.count
        while let split = split(bins[..<end]), end == bins.count || bins[split].start >= earliest { end = split }
        return end < bins.count ? bins[end].start : nil
    }

    /// Where the two parts differ most from each other, if the later one takes clearly longer; the number of bins in the
    /// earlier one.
    private static func split(_ bins: ArraySlice<Bin>) -> Int? {
        let found = GrowthStatistic.allCases.compactMap { split(bins, by: $0) }
        return found.max { $0.deviations < $1.deviations }?.count
    }

    private static func split(_ bins: ArraySlice<Bin>, by statistic: GrowthStatistic) -> (
        count: Int, deviations: Double
    )? {
        let values = bins.map { $0.values[statistic.rawValue] }
        let all = values.reduce(0, +)
        var before = 0.0
        var best = (count: 0, weight: 0.0, growth: 0.0)
        for (index, value) in values.enumerated().dropLast() {
            before += value
            let (earlier, later) = (Double(index + 1), Double(values.count - index - 1))
            let growth = (all - before) / later - before / earlier
            let weight = growth * (earlier * later / (earlier + later)).squareRoot()
            if weight > best.weight { best = (index + 1, weight, growth) }
        }
        guard best.growth >= statistic.growthMin else { return nil }
        let deviations = best.weight / deviation(bins, by: statistic, values, splitAt: best.count)
        return deviations >= sure ? (best.count, deviations) : nil
    }

    /// How much a bin varies: as within both parts here, and at least as much as on other clusters.
    private static func deviation(
        _ bins: ArraySlice<Bin>, by statistic: GrowthStatistic, _ values: [Double], splitAt count: Int
    ) -> Double {
        var seen = 0.0
        for part in [values[..<count], values[count...]] {
            let mean = part.reduce(0, +) / Double(part.count)
            seen += part.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        }
        let size = Double(bins.reduce(0) { $0 + $1.count }) / Double(bins.count)
        let expected =
            statistic.usualDeviation * statistic.usualDeviation
            + statistic.deviationOfOne * statistic.deviationOfOne / size
        return max(seen / Double(values.count), expected).squareRoot()
    }

    private static let sure = 4.0
}
