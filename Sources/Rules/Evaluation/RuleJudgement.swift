import Engine

/// Where a rule finds what it is judged by: the numbers of its grouping, and of each range of its condition.
struct RulePlace {
    var grouping: Int
    var ranges: [Int]
}

/// One evaluation of one rule over all its groups: first by what counts tell, then, for the groups where that doesn't
/// settle it, by what was measured.
struct RuleJudgement {
    /// What became known of a group, if it changes anything.
    struct Verdict {
        var group: Int
        var truth: TernarySet
        /// What an alert reports, if the condition holds.
        var value: NumberInterval
        /// What it was judged by, if that left something open.
        var open: EvaluationInputs?
    }

    private let rule: Rule
    private let place: RulePlace
    private(set) var verdicts: [Verdict] = []

    /// - Parameter verdicts: what is known already.
    init(_ rule: Rule, _ place: RulePlace, verdicts: [Verdict] = []) {
        self.rule = rule
        self.place = place
        self.verdicts = verdicts
    }

    /// Judges all groups by what counts tell, and asks for what they leave open.
    /// - Parameter isTracked: whether a group has an alert that its condition's end would change.
    mutating func judge(
        _ grouping: SeriesGrouping, _ ranges: [WatchedRange], isTracked: (Int) -> Bool,
        asking exact: inout ExactMeasurements
    ) {
        let condition = rule.condition
        var values = EvaluationInputs(of: condition.inputs, over: rule.over)
        for (index, range) in place.ranges.enumerated() { values.ranges[index].isHeard = ranges[range].isHeard }
        var counts = GroupCounts(grouping, place.ranges.map { ranges[$0] }, condition.inputs)
        let judged = grouping.values.indices.filter { group in
            guard !grouping.isVacant(group) else { return false }
            counts.fillTallies(&values, group: group)
            return !condition.isShortOfSpans(values) && !(condition.needsSpans && values.isEmpty)
        }
        counts.findBounds(of: judged)
        for row in counts.kept.indices {
            let group = counts.kept[row]
            counts.fillTallies(&values, group: group)
            counts.fillBounds(&values, row: row)
            let truth = condition.judge(values)
            if truth == .noData || truth == .fails && !isTracked(group) { continue }
            let value = truth == .fails ? .missing : condition.subjectValue(values)
            let isSettled = truth.isExact && (truth != .holds || value.isExact)
            if !isSettled { ask(&exact, for: group, grouping, values) }
            verdicts.append(Verdict(group: group, truth: truth, value: value, open: isSettled ? nil : values))
        }
    }

    /// The verdict on a group, by what was measured where counts left it open.
    func settled(_ verdict: Verdict, _ exact: ExactMeasurements) -> Verdict {
        guard var values = verdict.open else { return verdict }
        for index in values.ranges.indices where !values.ranges[index].isExact {
            let result = exact.result(of: verdict.group, place.grouping, in: place.ranges[index])
            values.ranges[index].fill(
                result.statistics, of: result.values, wanted: rule.condition.inputs.measured(in: index))
            values.ranges[index].slowdown = result.slowdown
        }
        return Verdict(
            group: verdict.group, truth: rule.condition.judge(values),
            value: rule.condition.subjectValue(values))
    }

    private func ask(
        _ exact: inout ExactMeasurements, for group: Int, _ grouping: SeriesGrouping, _ values: EvaluationInputs
    ) {
        for (index, range) in place.ranges.enumerated() where !values.ranges[index].isExact {
            exact.request(
                rule.condition.inputs.measured(in: index), of: group, place.grouping,
                groupCount: grouping.values.count, in: range)
        }
    }
}

/// What counts tell of a rule's groups, a column for each thing its condition asks for: the references to the counts of a
/// range are taken once for all groups.
struct GroupCounts {
    private let grouping: SeriesGrouping
    private let ranges: [WatchedRange]
    private let isCounted: [Bool]
    private let inputs: ConditionInputs
    /// Of every group, range by range.
    private var tallies: [LatencyTally] = []
    /// The groups whose bounds were asked for.
    private(set) var kept: [Int] = []
    /// Of every kept group, for each range quantile by quantile and then the maximum, where they are wanted.
    private var bounds: [ClosedRange<Int64>] = []
    /// Of every kept group, for each range threshold by threshold.
    private var bad: [Int] = []

    /// - Parameter ranges: one for each range of the condition.
    init(_ grouping: SeriesGrouping, _ ranges: [WatchedRange], _ inputs: ConditionInputs) {
        self.grouping = grouping
        self.ranges = ranges
        self.inputs = inputs
        isCounted = ranges.map(\.isCounted)
        let members = grouping.members.span
        let starts = grouping.memberStarts.span
        tallies.reserveCapacity(ranges.count * grouping.values.count)
        for range in ranges {
            let counts = range.counts
            for group in grouping.values.indices {
                let series = members.extracting(starts[group]..<starts[group + 1])
                tallies.append(range.isCounted ? counts.tally(of: series) : LatencyTally())
            }
        }
    }

    /// Finds the bounds that the condition asks for, of some of the groups.
    mutating func findBounds(of groups: [Int]) {
        kept = groups
        let grouping = grouping
        let members = grouping.members.span
        let starts = grouping.memberStarts.span
        for (index, range) in ranges.enumerated() {
            let counts = range.counts
            for threshold in inputs.thresholds[index].map(range.number(ofThreshold:)) {
                for group in kept {
                    let series = members.extracting(starts[group]..<starts[group + 1])
                    bad.append(range.isCounted ? counts.bad(of: series, threshold: threshold) : 0)
                }
            }
            for quantile in inputs.quantiles[index] + (inputs.wantsMax[index] ? [1] : []) {
                for group in kept {
                    let count = tallies[index * grouping.values.count + group].count
                    let series = members.extracting(starts[group]..<starts[group + 1])
                    bounds.append(count == 0 ? 0...0 : counts.bounds(of: quantile, of: series, count: count))
                }
            }
        }
    }

    func fillTallies(_ values: inout EvaluationInputs, group: Int) {
        for index in isCounted.indices where isCounted[index] {
            values.ranges[index].tally = tallies[index * grouping.values.count + group]
        }
    }

    /// - Parameter row: of a group its place in `kept`.
    func fillBounds(_ values: inout EvaluationInputs, row: Int) {
        var next = row
        var nextBad = row
        for index in isCounted.indices {
            for place in values.ranges[index].bad.indices {
                values.ranges[index].bad[place] = bad[nextBad]
                nextBad += kept.count
            }
            for place in values.ranges[index].quantiles.indices {
                values.ranges[index].quantiles[place] = bounds[next]
                next += kept.count
            }
            if inputs.wantsMax[index] {
                values.ranges[index].max = bounds[next]
                next += kept.count
            }
        }
    }
}
