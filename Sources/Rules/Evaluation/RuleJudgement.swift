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
}

/// One evaluation of one rule over all its groups: first from counts, then from measurements for the groups that counts
/// leave undecided.
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

    /// Judges all groups from counts, and requests measurements for what they leave open.
    /// - Parameter activeSince: when the alert of a group became active, Unix nanoseconds; nil if it has none, which a false
    ///   condition would change.
    mutating func judge(
        _ grouping: SeriesGrouping, _ ranges: [WatchedRange], activeSince: (Int) -> Int64?,
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
            if truth == .noData || truth == .fails && activeSince(group) == nil { continue }
            let value = truth == .fails ? .missing : condition.subjectValue(values)
            let isDecided = truth.isExact && (truth != .holds || value.isExact)
            if !isDecided { ask(&exact, for: group, grouping, values, since: activeSince(group)) }
            groups.append(GroupJudgement(group: group, truth: truth, value: value, undecided: isDecided ? nil : values))
        }
    }

    /// The final judgement of a group, from measurements if counts left it undecided.
    func decided(_ judgement: GroupJudgement, _ exact: ExactMeasurements) -> GroupJudgement {
        guard var values = judgement.undecided else { return judgement }
        for index in values.ranges.indices where !values.ranges[index].isExact {
            let result = exact.result(of: judgement.group, numbers.grouping, in: numbers.ranges[index])
            values.ranges[index].fill(
                result.statistics, of: result.values, wanted: rule.condition.inputs.measured(in: index))
            values.ranges[index].slowdown = result.slowdown
            if let scale = result.scale { values.ranges[index].fill(scale: scale) }
        }
        return GroupJudgement(
            group: judgement.group, truth: rule.condition.judge(values),
            value: rule.condition.subjectValue(values))
    }

    private func ask(
        _ exact: inout ExactMeasurements, for group: Int, _ grouping: SeriesGrouping, _ values: EvaluationInputs,
        since: Int64?
    ) {
        for (index, range) in numbers.ranges.enumerated() where !values.ranges[index].isExact {
            exact.request(
                rule.condition.inputs.measured(in: index), of: group, numbers.grouping,
                groupCount: grouping.values.count, in: range, since: since)
        }
    }
}
