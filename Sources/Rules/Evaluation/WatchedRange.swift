import Engine
import Support

/// A time range at a fixed distance from each evaluation, with counts of what is in it. Rules that look at the same
/// range share it.
struct WatchedRange {
    /// Durations are in nanoseconds.
    struct Key: Hashable {
        /// The selector's population: spans or requests.
        var population: Population
        var measured: Measured
        var length: Int64
        /// From the end of the range to the evaluation.
        var offset: Int64
        /// Whether series are told apart by instance.
        var isByInstance: Bool
    }

    let key: Key
    /// The groupings of the rules that use this range.
    private var groupings: Set<Int> = []
    /// Whether any grouping has a series, by series number.
    private var isWanted: [Bool] = []
    /// How often each grouping's names had changed when its series were last read.
    private var changesSeen: [Int: UInt64] = [:]
    /// What is in the range, if it could be counted.
    private(set) var counts: SlidingCounts
    /// Of `counts`; to ask these would copy them.
    private(set) var byteCount = 0
    /// Whether `counts` has what is in the range; otherwise it must be measured.
    private(set) var isCounted = false
    /// The durations beyond which rules call a span bad, in nanoseconds.
    private(set) var thresholds: [Int64] = []
    private var wantsHeard = false
    /// Whether any spans ended in the range; if a rule asks.
    private var isHeard = false
    /// The clusters that were heard in the range; nil if there is only one.
    private var heardClusters: Set<String>?
    private var wantsScales = false
    /// Whether a rule asks for a quantile.
    private var wantsBuckets = false
    /// How many spans each one stands for; nil if all arrived, or no rule asks.
    private(set) var scales: SeriesScales?

    init(_ key: Key) {
        self.key = key
        counts = SlidingCounts(key.measuredPopulation, keepsBuckets: false)
    }

    /// Adds what a rule's condition needs, before the range first moves on.
    ///
    /// - Parameter index: of the range among the inputs.
    mutating func add(_ inputs: ConditionInputs, _ index: Int, grouping: Int) {
        groupings.insert(grouping)
        wantsHeard = wantsHeard || inputs.wantsHeard[index]
        wantsScales = wantsScales || inputs.wantsScales[index]
        wantsBuckets = wantsBuckets || inputs.wantsBuckets(index)
        thresholds += inputs.thresholds[index].filter { !thresholds.contains($0) }
        reset()
    }

    func number(ofThreshold threshold: Int64) -> Int { thresholds.firstIndex(of: threshold) ?? 0 }

    /// Whether any spans of a cluster ended in the range, so that those of its series without spans there are silent; if a
    /// rule asks.
    func hears(_ cluster: @autoclosure () -> String) -> Bool {
        isHeard && heardClusters?.contains(cluster()) ?? true
    }

    /// The bounds of the range at the time of an evaluation.
    func bounds(at time: Int64) -> (from: Int64, to: Int64) {
        let to = time.subtractingSaturating(key.offset)
        return (to.subtractingSaturating(key.length), to)
    }

    /// Starts counting from scratch.
    mutating func reset() {
        counts = SlidingCounts(key.measuredPopulation, thresholds: thresholds, keepsBuckets: wantsBuckets)
        byteCount = counts.byteCount
        isCounted = false
    }

    /// Moves on to the time of an evaluation.
    mutating func advance(
        to time: Int64, _ groupings: [SeriesGrouping], over source: some MeasurementSource, bytesMax: Int
    ) {
        guard key.isOfDurations else { return }
        let (from, to) = bounds(at: time)
        scales = wantsScales ? source.scales(key.population, from: from, to: to) : nil
        isHeard = wantsHeard && source.hears(from: from, to: to, isByInstance: key.isByInstance)
        heardClusters = isHeard ? source.heardClusters(from: from, to: to) : nil
        guard key.isCountable else { return }
        extendWanted(groupings)
        isCounted = source.advance(&counts, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
        byteCount = counts.byteCount
    }

    /// Adds series that are new or renamed. A series that was wanted stays wanted: spans of its former name may still
    /// be in the counts, and must be subtracted when they leave.
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
    /// Whether it is about the durations of spans or requests, not their parts, and not compared with others.
    fileprivate var isOfDurations: Bool {
        switch measured {
        case .slowdown, .growth, .partGrowth, .errorGrowth: false
        case .durations, .selfTimes, .part, .parts: measuredPopulation.isCounted
        }
    }

    /// Whether this range can be counted: summaries of slots don't distinguish instances.
    fileprivate var isCountable: Bool { isOfDurations && !isByInstance }

    /// The population that has its durations.
    var measuredPopulation: Population {
        switch measured {
        case .durations, .slowdown, .growth, .errorGrowth: population
        case .selfTimes: .selfTimes
        case .part, .parts, .partGrowth: .parts
        }
    }

    /// The series of the measured population that belong to a series of the selector's population.
    func measuredSeries(of series: Int32) -> Range<Int> {
        switch measured {
        case .durations, .selfTimes, .slowdown, .growth, .errorGrowth:
            return Int(series)..<Int(series) + 1
        case .part(let component), .partGrowth(_, let component):
            let part = Population.part(of: Int(series), component)
            return part..<part + 1
        case .parts:
            return Population.part(of: Int(series), Component(0))..<Population.part(of: Int(series) + 1, Component(0))
        }
    }
}

extension SeriesGrouping {
    /// The series of what a range measures that belong to a group, ascending.
    func series(of group: Int, in range: WatchedRange.Key) -> [Int32] {
        var series: [Int32] = []
        series.reserveCapacity(members(of: group).count)
        for member in members(of: group) {
            for number in range.measuredSeries(of: member) { series.append(Int32(truncatingIfNeeded: number)) }
        }
        return series
    }
}

extension Rule {
    /// The ranges it looks at, in the order of its condition's inputs.
    var ranges: [WatchedRange.Key] {
        condition.inputs.ranges.map {
            .init(
                population: selector.population, measured: $0.measured, length: $0.length ?? over, offset: $0.offset,
                isByInstance: isByInstance)
        }
    }

    /// Whether it tells series apart by instance.
    var isByInstance: Bool { SeriesGrouping.Key(selector: selector, by: by).isByInstance }

    /// Whether it compares with hours ago, so that the minutes before are no baseline.
    var looksBackHours: Bool { ranges.contains { $0.offset.addingSaturating($0.measured.ago) >= Self.hoursBack } }
    private static let hoursBack: Int64 = 7_200_000_000_000

    /// How far back it looks, in nanoseconds.
    var reach: Int64 {
        ranges.reduce(over) { max($0, $1.length.addingSaturating($1.offset).addingSaturating($1.measured.ago)) }
    }
}
