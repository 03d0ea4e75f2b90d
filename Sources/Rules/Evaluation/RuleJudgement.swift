import Engine

/// The numbers of a rule's grouping, and of each range of its condition.
struct RuleNumbers {
    var grouping: Int
    var ranges: [Int]
}

/// What one evaluation of a rule says of one group, if it changes anything.
struct GroupJudgement {
    var group: Int
    var truth: TernarySet
    /// The value that an alert reports, if the condition holds.
    var value: NumberInterval
    /// The inputs, if they left it undecided.
    var undecided: EvaluationInputs?
    /// When its alert became active, Unix nanoseconds; nil if it has none.
    var activeSince: Int64?
}

/// One evaluation of one rule over all its groups: first from counts; for the groups that these leave undecided, from
/// comparisons with earlier times; and finally from exact quantiles.
struct RuleJudgement {
    private let rule: Rule
    private let numbers: RuleNumbers
    private(set) var groups: [GroupJudgement] = []

    /// - Parameter groups: what is already known.
    init(_ rule: Rule, _ numbers: RuleNumbers, groups: [GroupJudgement] = []) {
        self.rule = rule
        self.numbers = numbers
        self.groups = groups
    }

    /// Judges all groups from counts.
    /// - Parameter activeSince: when the alert of a group became active, Unix nanoseconds; nil if it has none, which a false
    ///   condition would change.
    mutating func judge(_ grouping: SeriesGrouping, _ ranges: [WatchedRange], activeSince: (Int) -> Int64?) {
        let condition = rule.condition
        var values = EvaluationInputs(of: condition.inputs, over: rule.over)
        var counts = GroupCounts(grouping, ranges, numbers.ranges, condition.inputs)
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
            for (index, range) in numbers.ranges.enumerated() {
                values.ranges[index].isHeard = ranges[range].hears(rule.cluster(of: grouping.values[group]))
            }
            let truth = condition.judge(values)
            if truth == .noData || truth == .fails && activeSince(group) == nil { continue }
            groups.append(judgement(of: group, values, truth, activeSince: activeSince(group)))
        }
    }

    private func judgement(
        of group: Int, _ values: EvaluationInputs, _ truth: TernarySet, activeSince: Int64?
    ) -> GroupJudgement {
        let value = truth == .fails ? .missing : rule.condition.subjectValue(values)
        let isDecided = truth.isExact && (truth != .holds || value.isExact)
        return GroupJudgement(
            group: group, truth: truth, value: value, undecided: isDecided ? nil : values, activeSince: activeSince)
    }

    /// Whether a range that is compared with earlier ones isn't known yet. Then only such ranges are asked about: most
    /// conditions fail by the comparison, and exact quantiles cost more.
    private static func lacksComparison(_ values: EvaluationInputs, _ inputs: ConditionInputs) -> Bool {
        let (ranges, isComparison) = (values.ranges.span, inputs.isComparison.span)
        for range in ranges.indices where isComparison[range] && !ranges[range].isExact { return true }
        return false
    }

    /// Requests what undecided groups need next.
    func ask(_ exact: inout ExactMeasurements, _ grouping: SeriesGrouping) {
        for group in groups {
            guard let values = group.undecided else { continue }
            let inputs = rule.condition.inputs
            let isCompared = Self.lacksComparison(values, inputs)
            for index in values.ranges.indices
            where inputs.isComparison[index] == isCompared && !values.ranges[index].isExact {
                exact.request(
                    inputs.measured(in: index), of: group.group, numbers.grouping,
                    groupCount: grouping.values.count, in: numbers.ranges[index], since: group.activeSince)
            }
        }
    }

    /// Judges undecided groups again, with the measurements they asked for.
    mutating func judge(_ exact: ExactMeasurements) {
        for index in groups.indices {
            guard var values = groups[index].undecided else { continue }
            // So that nothing else refers to the values; filling them in would copy them.
            groups[index].undecided = nil
            let group = groups[index].group
            let inputs = rule.condition.inputs
            let isCompared = Self.lacksComparison(values, inputs)
            for range in values.ranges.indices
            where inputs.isComparison[range] == isCompared && !values.ranges[range].isExact {
                let result = exact.result(of: group, numbers.grouping, in: numbers.ranges[range])
                values.ranges[range].fill(result, wanted: inputs.measured(in: range))
            }
            let truth = rule.condition.judge(values)
            groups[index] = judgement(of: group, values, truth, activeSince: groups[index].activeSince)
        }
    }
}
