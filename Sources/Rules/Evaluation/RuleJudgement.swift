import Engine

/// Where a rule finds what it is judged by: the numbers of its grouping, and of a range for each offset of its condition.
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
        var truth: PossibleTruth
        /// What an alert reports, if the condition holds.
        var value: PossibleNumber

        /// Whether nothing has to be measured.
        var isSettled: Bool { truth.isExact && (truth != .holds || value.isExact) }
    }

    private let rule: Rule
    private let place: RulePlace
    private let counts: [SlidingCounts?]
    private(set) var verdicts: [Verdict] = []

    init(_ rule: Rule, _ place: RulePlace, _ ranges: [WatchedRange]) {
        self.rule = rule
        self.place = place
        counts = place.ranges.map { ranges[$0].counts }
    }

    /// Judges all groups by what counts tell, and asks for what they leave open.
    /// - Parameter isTracked: whether a group has an alert that its condition's end would change.
    mutating func judge(
        _ grouping: SeriesGrouping, isTracked: (Int) -> Bool, asking exact: inout ExactMeasurements
    ) {
        let condition = rule.condition
        var readings = Readings(of: condition.inputs, over: rule.over)
        for group in grouping.values.indices {
            fillTallies(&readings, group, grouping)
            if condition.isShortOfSpans(readings) || condition.needsSpans && readings.isEmpty { continue }
            fillBounds(&readings, group, grouping)
            let truth = condition.judge(readings)
            if truth == .noData || truth == .fails && !isTracked(group) { continue }
            let value = truth == .fails ? .missing : condition.subjectValue(readings)
            let verdict = Verdict(group: group, truth: truth, value: value)
            if !verdict.isSettled { ask(&exact, for: group, grouping, readings) }
            verdicts.append(verdict)
        }
    }

    /// The verdict on a group, by what was measured where counts left it open.
    func settled(_ verdict: Verdict, _ grouping: SeriesGrouping, _ exact: ExactMeasurements) -> Verdict {
        guard !verdict.isSettled else { return verdict }
        let inputs = rule.condition.inputs
        var readings = Readings(of: inputs, over: rule.over)
        fillTallies(&readings, verdict.group, grouping)
        fillBounds(&readings, verdict.group, grouping)
        for index in readings.ranges.indices where !readings.ranges[index].isExact {
            let (statistics, fractions) = exact.result(of: verdict.group, place.grouping, in: place.ranges[index])
            readings.ranges[index].fill(statistics, fractions, wanted: inputs.quantiles[index])
        }
        return Verdict(
            group: verdict.group, truth: rule.condition.judge(readings),
            value: rule.condition.subjectValue(readings))
    }

    private func ask(
        _ exact: inout ExactMeasurements, for group: Int, _ grouping: SeriesGrouping, _ readings: Readings
    ) {
        for (index, range) in place.ranges.enumerated() where !readings.ranges[index].isExact {
            exact.request(
                rule.condition.inputs.quantiles[index], of: group, place.grouping,
                groupCount: grouping.values.count, in: range)
        }
    }

    // MARK: What counts tell

    private func fillTallies(_ readings: inout Readings, _ group: Int, _ grouping: SeriesGrouping) {
        let members = grouping.members.span.extracting(
            grouping.memberStarts[group]..<grouping.memberStarts[group + 1])
        for index in counts.indices {
            readings.ranges[index].tally = counts[index]?.tally(of: members)
        }
    }

    private func fillBounds(_ readings: inout Readings, _ group: Int, _ grouping: SeriesGrouping) {
        let members = grouping.members.span.extracting(
            grouping.memberStarts[group]..<grouping.memberStarts[group + 1])
        let inputs = rule.condition.inputs
        for index in counts.indices {
            guard let counts = counts[index], let count = readings.ranges[index].tally?.count, count > 0 else {
                continue
            }
            for (place, quantile) in inputs.quantiles[index].enumerated() {
                readings.ranges[index].quantiles[place] = counts.bounds(of: quantile, of: members, count: count)
            }
            if inputs.wantsMax[index] {
                readings.ranges[index].max = counts.bounds(of: 1, of: members, count: count)
            }
        }
    }
}
