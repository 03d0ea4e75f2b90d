import Engine
import Support

/// A range of time that rules look at, at the same distance from each evaluation, with counts of what is in it.
/// Rules that look at the same one share it.
struct WatchedRange {
    /// Durations in nanoseconds.
    struct Key: Hashable {
        /// Of the selector: spans or requests.
        var population: Population
        var measured: Measured
        var length: Int64
        /// From the end of the range to the evaluation.
        var offset: Int64
    }

    let key: Key
    /// The groupings that rules look at it by.
    private var groupings: Set<Int> = []
    /// By series number whether any grouping has it.
    private var isWanted: [Bool] = []
    /// Of each grouping, when its series were last asked for: how often names had changed by then.
    private var changesSeen: [Int: UInt64] = [:]
    /// What is in the range, if it could be counted.
    private(set) var counts: SlidingCounts
    /// False if only measuring tells what is in the range.
    private(set) var isCounted = false
    /// Durations, nanoseconds, beyond which rules call a span bad.
    private var thresholds: [Int64] = []
    private var wantsHeard = false
    /// Whether any spans at all ended in the range, where a rule asks for it.
    private(set) var isHeard = false

    init(_ key: Key) {
        self.key = key
        counts = SlidingCounts(key.measuredPopulation)
    }

    /// Takes in what a rule wants of it, before the first time it moves on.
    mutating func add(grouping: Int, thresholds wanted: [Int64], wantsHeard: Bool) {
        groupings.insert(grouping)
        self.wantsHeard = self.wantsHeard || wantsHeard
        let missing = wanted.filter { !thresholds.contains($0) }
        guard !missing.isEmpty else { return }
        thresholds += missing
        counts = SlidingCounts(key.measuredPopulation, thresholds: thresholds)
    }

    func number(ofThreshold threshold: Int64) -> Int { thresholds.firstIndex(of: threshold) ?? 0 }

    /// Where the range lies at the time of an evaluation.
    func bounds(at time: Int64) -> (from: Int64, to: Int64) {
        let to = time.subtractingSaturating(key.offset)
        return (to.subtractingSaturating(key.length), to)
    }

    /// Begins to count anew.
    mutating func reset() {
        counts = SlidingCounts(key.measuredPopulation, thresholds: thresholds)
        isCounted = false
    }

    /// Moves on to the time of an evaluation.
    mutating func advance(
        to time: Int64, _ groupings: [SeriesGrouping], over source: some MeasurementSource, bytesMax: Int
    ) {
        extendWanted(groupings)
        guard key.isCountable else { return }
        let (from, to) = bounds(at: time)
        isHeard = wantsHeard && source.hasSpans(from: from, to: to)
        isCounted = source.advance(&counts, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
    }

    /// Takes in the series that are new, or have other names. One that was wanted stays so: spans of its former name may
    /// be counted still, and go as they came.
    private mutating func extendWanted(_ groupings: [SeriesGrouping]) {
        let seriesCount = self.groupings.map { groupings[$0].groupOfSeries.count }.max() ?? 0
        func isWantedNow(_ series: Int) -> Bool {
            self.groupings.contains {
                series < groupings[$0].groupOfSeries.count && groupings[$0].groupOfSeries[series] >= 0
            }
        }
        let changes = self.groupings.reduce(into: [:]) { $0[$1] = groupings[$1].births.changes }
        if changes != changesSeen {
            changesSeen = changes
            for series in isWanted.indices where !isWanted[series] && isWantedNow(series) {
                isWanted[series] = true
                counts.reset()
            }
        }
        for series in isWanted.count..<max(seriesCount, isWanted.count) { isWanted.append(isWantedNow(series)) }
    }
}

extension WatchedRange.Key {
    /// Whether counts can tell what is in it.
    fileprivate var isCountable: Bool {
        if case .slowdown = measured { return false }
        return !measuredPopulation.isOfAttribution
    }

    /// Where its durations are found.
    var measuredPopulation: Population {
        switch measured {
        case .durations, .slowdown: population
        case .selfTimes: .selfTimes
        case .part, .parts: .parts
        }
    }

    /// The series, of the measured population, that a series of the selector's population has there.
    func measuredSeries(of series: Int32) -> Range<Int> {
        switch measured {
        case .durations, .selfTimes, .slowdown:
            return Int(series)..<Int(series) + 1
        case .part(let component):
            let part = Population.part(of: Int(series), component)
            return part..<part + 1
        case .parts:
            return Population.part(of: Int(series), Component(0))..<Population.part(of: Int(series) + 1, Component(0))
        }
    }
}

extension Rule {
    /// The ranges it looks at, as its condition's inputs have them.
    var ranges: [WatchedRange.Key] {
        condition.inputs.ranges.map {
            .init(
                population: selector.population, measured: $0.measured, length: $0.length ?? over, offset: $0.offset)
        }
    }

    /// How far back it looks, nanoseconds.
    var reach: Int64 {
        ranges.reduce(over) { max($0, $1.length.addingSaturating($1.offset).addingSaturating($1.measured.ago)) }
    }
}
