import Engine
import Support

/// The recent matches of a rule over single spans. Each span is examined once, by the first evaluation after its end.
struct RecentMatches {
    struct Match: Hashable, Sendable {
        /// The evaluation that found it.
        var time: Int64
        /// The longest duration found, in nanoseconds.
        var duration: Int64
    }

    /// Spans that ended before this time have been examined.
    private var searchedUpTo: Int64?
    private var matches: [Int: Match] = [:]

    subscript(group: Int) -> Match? {
        get { matches[group] }
        set { matches[group] = newValue }
    }

    /// Shifts to another time; matches keep their age.
    mutating func jump(from last: Int64, to time: Int64) {
        if searchedUpTo != nil { searchedUpTo = time }
        let step = time.subtractingSaturating(last)
        matches = matches.mapValues {
            Match(time: TimeLimits.nearestTime($0.time.addingSaturating(step)), duration: $0.duration)
        }
    }

    /// A match holds at the evaluation that finds it, and at later ones within `over` of it. If no spans arrived since
    /// the last evaluation, nothing is known: neither that a match is over nor that there is none.
    mutating func search(
        _ rule: Rule, _ grouping: SeriesGrouping, for durations: DurationSet, at time: Int64, interval: Int64,
        isTracked: (Int) -> Bool, over source: some MeasurementSource
    ) -> [GroupJudgement] {
        // The first evaluation doesn't judge what ended before its interval.
        let start = max(
            searchedUpTo ?? time.subtractingSaturating(interval), time.subtractingSaturating(max(rule.over, interval)))
        let selection = Selection(
            groupOfSeries: grouping.groupOfSeries, groupCount: grouping.values.count, quantiles: [],
            instances: grouping.instances)
        let found = source.find(
            rule.selector.population, from: start, to: time, selection,
            lasting: durations.ranges)
        searchedUpTo = time
        guard found.isHeard else { return [] }
        matches = matches.filter { time.subtractingSaturating($0.value.time) < rule.over }
        for (group, duration) in found.longest.enumerated() {
            if let duration { matches[group] = Match(time: time, duration: duration) }
        }
        return grouping.values.indices.compactMap { group in
            if let match = matches[group] {
                let value = NumberInterval(Double(match.duration) / 1e9)
                return GroupJudgement(group: group, truth: .holds, value: value)
            }
            return isTracked(group) ? GroupJudgement(group: group, truth: .fails, value: .missing) : nil
        }
    }
}
