import Engine

/// Evaluates rules over a window and keeps the state of their alerts. A value that knows no clock: the same
/// spans and times give the same alerts, live and in a replay. Times in nanoseconds since the epoch.
package struct RuleEvaluator: Sendable {
    /// Active alerts of one rule. Beyond it a rule pages nobody any better; what goes over it is counted.
    package static let alertLimit = 10_000

    private struct Group {
        var definition: RuleGroup
        var rules: [RuleAlerts]
        /// For each rule the number of its grouping.
        var groupings: [Int]

        func isDue(at time: Int64) -> Bool { time.isMultiple(of: definition.interval) }
    }

    private let alertLimit: Int
    private var groups: [Group] = []
    private var groupings: [SeriesGrouping] = []

    package init(_ groups: [RuleGroup], alertLimit: Int = Self.alertLimit) {
        self.alertLimit = alertLimit
        replaceRules(groups)
    }

    package var definitions: [RuleGroup] { groups.map(\.definition) }

    /// How many alerts were not tracked since their rule had reached the limit.
    package var refusedAlerts: Int { groups.reduce(0) { $0 + $1.rules.reduce(0) { $0 + $1.refused } } }

    /// The pending and firing alerts, by group, rule and first appearance.
    package var activeAlerts: [Alert] {
        groups.flatMap { group in
            zip(group.rules, group.groupings).flatMap { $0.active(groupings[$1]) }
        }
    }

    // MARK: Time

    /// The first time after `time` at which a group is evaluated; nil if there are no groups, or time ends.
    package func nextEvaluation(after time: Int64) -> Int64? {
        groups.compactMap { group in
            let interval = group.definition.interval
            let sinceMultiple = ((time % interval) + interval) % interval
            let (next, overflow) = time.subtractingClamped(sinceMultiple).addingReportingOverflow(interval)
            return overflow ? nil : next
        }.min()
    }

    // MARK: Evaluation

    /// Evaluates the groups that are due at `time` and returns what changed, in the order of the rules.
    package mutating func evaluate(at time: Int64, over source: some MeasurementSource) -> [AlertTransition] {
        let due = groups.indices.filter { groups[$0].isDue(at: time) }
        for grouping in Set(due.flatMap { groups[$0].groupings }) { groupings[grouping].extend(from: source) }

        var plan = MeasurementPlan()
        let tickets = due.map { number in
            zip(groups[number].rules, groups[number].groupings).map { rule, grouping in
                Self.request(rule.rule, grouping, at: time, &plan)
            }
        }
        let measurements = plan.measure(groupings, over: source)

        var transitions: [AlertTransition] = []
        for (number, tickets) in zip(due, tickets) {
            for rule in groups[number].rules.indices {
                let grouping = groupings[groups[number].groupings[rule]]
                transitions += Self.evaluate(
                    &groups[number].rules[rule], grouping, tickets[rule], measurements, at: time,
                    limit: alertLimit)
            }
        }
        return transitions
    }

    /// Asks for what a rule needs: one ticket for each offset of its condition.
    private static func request(
        _ rule: Rule, _ grouping: Int, at time: Int64, _ plan: inout MeasurementPlan
    ) -> [MeasurementPlan.Ticket] {
        let inputs = rule.condition.inputs
        return zip(inputs.offsets, inputs.quantiles).map { offset, fractions in
            let to = time.subtractingClamped(offset)
            let range = MeasurementPlan.Range(
                population: rule.selector.population, from: to.subtractingClamped(rule.over), to: to)
            return plan.request(range, grouping: grouping, fractions: fractions)
        }
    }

    private static func evaluate(
        _ alerts: inout RuleAlerts, _ grouping: SeriesGrouping, _ tickets: [MeasurementPlan.Ticket],
        _ measurements: Measurements, at time: Int64, limit: Int
    ) -> [AlertTransition] {
        let rule = alerts.rule
        var readings = Readings(over: rule.over, ranges: [])
        for (offset, ticket) in zip(rule.condition.inputs.offsets, tickets) {
            readings.ranges.append(
                .init(
                    offset: offset, statistics: LatencyStatistics(), fractions: measurements.fractions(ticket)
                ))
        }
        return grouping.values.indices.compactMap { group in
            for (index, ticket) in tickets.enumerated() {
                readings.ranges[index].statistics = measurements.statistics(ticket, group: group)
            }
            let holds = rule.condition.evaluate(readings)
            let value = holds == true ? rule.condition.subjectValue(readings) : nil
            return alerts.observe(
                holds, value: value, group: group, values: grouping.values[group], at: time, limit: limit)
        }
    }

    // MARK: Reload

    /// Takes new rules for the old: those that are unchanged, within a group of the same name, keep their alerts.
    /// Returns the firing and pending alerts of rules that are gone, which nothing will ever resolve.
    @discardableResult
    package mutating func replaceRules(_ definitions: [RuleGroup]) -> [Alert] {
        var old = groups
        let oldGroupings = groupings
        groups = []
        groupings = []
        var numberOfKey: [SeriesGrouping.Key: Int] = [:]
        for definition in definitions where definition.interval > 0 {
            var group = Group(definition: definition, rules: [], groupings: [])
            for rule in definition.rules {
                let key = SeriesGrouping.Key(selector: rule.selector, by: rule.by)
                let number = numberOfKey[key] ?? groupings.count
                if number == groupings.count {
                    numberOfKey[key] = number
                    groupings.append(oldGroupings.first { $0.key == key } ?? SeriesGrouping(key))
                }
                group.rules.append(Self.take(rule, named: definition.name, from: &old) ?? RuleAlerts(rule))
                group.groupings.append(number)
            }
            groups.append(group)
        }
        return old.flatMap { group in
            zip(group.rules, group.groupings).flatMap { $0.active(oldGroupings[$1]) }
        }
    }

    /// Takes an unchanged rule out of the old groups.
    private static func take(_ rule: Rule, named name: String, from old: inout [Group]) -> RuleAlerts? {
        for group in old.indices where old[group].definition.name == name {
            guard let index = old[group].rules.firstIndex(where: { $0.rule == rule }) else { continue }
            old[group].groupings.remove(at: index)
            return old[group].rules.remove(at: index)
        }
        return nil
    }
}

extension Int64 {
    /// Input sets offsets and windows: a difference below the first representable time is that time.
    fileprivate func subtractingClamped(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }
}
