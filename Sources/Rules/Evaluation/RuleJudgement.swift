import Engine

/// The numbers of a rule's grouping, and of each range of its condition.
struct RuleNumbers {
    var grouping: Int
    var ranges: [Int]
}

/// One evaluation of one rule over all its groups: first from counts, then from measurements for the groups that counts
/// don't settle.
struct RuleJudgement {
    /// The result for a group, if it changes anything.
    struct Verdict {
        var group: Int
        var truth: TernarySet
        /// The value that an alert reports, if the condition holds.
        var value: NumberInterval
        /// The inputs, if they didn't settle it.
        var open: EvaluationInputs?
    }

    private let rule: Rule
    private let numbers: RuleNumbers
    private(set) var verdicts: [Verdict] = []

    /// - Parameter verdicts: what is already known.
    init(_ rule: Rule, _ numbers: RuleNumbers, verdicts: [Verdict] = []) {
        self.rule = rule
        self.numbers = numbers
        self.verdicts = verdicts
    }

    /// Judges all groups from counts, and requests measurements for what they leave open.
    /// - Parameter isTracked: whether a group has an alert, which a false condition would change.
    mutating func judge(
        _ grouping: SeriesGrouping, _ ranges: [WatchedRange], isTracked: (Int) -> Bool,
        asking exact: inout ExactMeasurements
    ) {
        let condition = rule.condition
        var values = EvaluationInputs(of: condition.inputs, over: rule.over)
        for (index, range) in numbers.ranges.enumerated() { values.ranges[index].isHeard = ranges[range].isHeard }
        var counts = GroupCounts(grouping, numbers.ranges.map { ranges[$0] }, condition.inputs)
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

    /// The final verdict on a group, from measurements if counts left it open.
    func settled(_ verdict: Verdict, _ exact: ExactMeasurements) -> Verdict {
        guard var values = verdict.open else { return verdict }
        for index in values.ranges.indices where !values.ranges[index].isExact {
            let result = exact.result(of: verdict.group, numbers.grouping, in: numbers.ranges[index])
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
        for (index, range) in numbers.ranges.enumerated() where !values.ranges[index].isExact {
            exact.request(
                rule.condition.inputs.measured(in: index), of: group, numbers.grouping,
                groupCount: grouping.values.count, in: range)
        }
    }
}
