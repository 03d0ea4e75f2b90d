package import Engine
import Support

/// Evaluates rules over a window and keeps the state of their alerts. It has no clock: the same spans and times give
/// the same alerts, live and in a replay. Times are in nanoseconds since the epoch.
package struct RuleEvaluator: Sendable {
    /// As in Prometheus, a rule whose `for` is at least this long waits at least this long after a restart. Also the
    /// longest time that a false condition is ignored while a rule's range fills again.
    static let grace: Int64 = 600_000_000_000

    /// The default limit for counts, in bytes.
    package static let countBytesMax = 128 << 20

    struct Group {
        let definition: RuleGroup
        var rules: [RuleAlerts] = []
        var numbers: [RuleNumbers] = []
        /// The numbers of all its rules' ranges.
        var ranges: Set<Int> = []

        func isDue(at time: Int64) -> Bool { time.isMultiple(of: definition.interval) }

        mutating func judge(
            at time: Int64, _ groupings: [SeriesGrouping], _ ranges: [WatchedRange],
            over source: some MeasurementSource
        ) -> [RuleJudgement] {
            rules.indices.map { index in
                let (rule, own) = (rules[index].rule, numbers[index])
                if let durations = rule.condition.durations {
                    let found = rules[index].search(
                        groupings[own.grouping], for: durations, at: time, interval: definition.interval, over: source
                    )
                    return RuleJudgement(rule, own, groups: found)
                }
                var judgement = RuleJudgement(rule, own)
                judgement.judge(groupings[own.grouping], ranges, activeSince: rules[index].activeSince)
                return judgement
            }
        }
    }

    private let alertLimit: Int
    private let countBytesMax: Int
    // Not private, since RuleEvaluator+Saved.swift uses them.
    var groups: [Group] = []
    var groupings: [SeriesGrouping] = []
    private var ranges: [WatchedRange] = []
    private var knownInstances = KnownInstances()
    private var usualGrowths = UsualGrowths()
    /// Bytes that the source of the last evaluation kept to compare with.
    private var comparedByteCount = 0
    package internal(set) var incidents = IncidentTracker()

    /// - Parameter countBytesMax: bytes that the counts of all ranges may take, with what they are compared with; ranges
    ///   beyond it are scanned.
    package init(
        _ groups: [RuleGroup], alertLimit: Int = RuleGroup.limitMax, countBytesMax: Int = RuleEvaluator.countBytesMax
    ) {
        self.alertLimit = alertLimit
        self.countBytesMax = countBytesMax
        replaceRules(groups)
    }

    package var definitions: [RuleGroup] { groups.map(\.definition) }

    /// How far back from its evaluation any rule looks, in nanoseconds.
    package private(set) var longestRange: Int64 = 0

    /// How many alerts weren't tracked because their rule had reached its limit.
    package var refusedAlerts: Int { groups.reduce(0) { $0 + $1.rules.reduce(0) { $0 + $1.refused } } }

    /// The pending and firing alerts, each with its rule, sorted by group, rule and labels.
    package var numberedAlerts: [(rule: RuleNumber, alert: Alert)] {
        groups.indices.flatMap { group in
            groups[group].rules.indices.filter { groups[group].rules[$0].hasAlerts }.flatMap { rule in
                groups[group].rules[rule].active(groupings[groups[group].numbers[rule].grouping]).map {
                    (RuleNumber(group: group, rule: rule), $0)
                }
            }
        }
    }

    // MARK: Time

    /// The first evaluation of any group after `time`; nil if there are no groups, or at the end of the range of times.
    package func nextEvaluation(after time: Int64) -> Int64? {
        groups.compactMap { $0.definition.nextEvaluation(after: time) }.min()
    }

    /// The last evaluation of any group at or before `time`; nil if there are no groups, or before the range of times.
    package func lastEvaluation(until time: Int64) -> Int64? {
        groups.compactMap { $0.definition.lastEvaluation(until: time) }.max()
    }

    // MARK: Evaluation

    /// Evaluates the groups that are due at `time` and returns what changed, in rule order.
    package mutating func evaluate(at time: Int64, over source: some MeasurementSource) -> [AlertTransition] {
        let due = groups.indices.filter { groups[$0].isDue(at: time) }
        guard !due.isEmpty else { return [] }
        extendGroupings(from: source)
        advance(Set(due.flatMap { groups[$0].ranges }), to: time, over: source)

        let judgements = judge(due, at: time, over: source)
        var observations: [Observation] = []
        for (group, judgements) in zip(due, judgements) {
            let limit = min(groups[group].definition.limit ?? alertLimit, alertLimit)
            for (rule, judgement) in judgements.enumerated() {
                for decided in judgement.groups {
                    let observation = groups[group].rules[rule].observe(decided, at: time, limit: limit)
                    if let observation { observations.append(Observation(group: group, rule: rule, of: observation)) }
                }
            }
            observations += observeNoData(of: group, at: time, from: source)
        }
        // By rule. No two observations are of the same alert, so those of a rule may be in any order.
        observations.sort { ($0.group, $0.rule, $0.of.group) < ($1.group, $1.rule, $1.of.group) }
        addEvidence(to: &observations, at: time, from: source)
        let transitions = observations.compactMap { observation -> AlertTransition? in
            let (group, rule) = (observation.group, observation.rule)
            var transition = groups[group].rules[rule].transition(observation.of, grouping(of: observation), at: time)
            transition?.rule = RuleNumber(group: group, rule: rule)
            return transition
        }
        trackIncidents(transitions, of: due, at: time, over: source)
        return transitions
    }

    /// By group that is due: what its rules say.
    private mutating func judge(
        _ due: [Int], at time: Int64, over source: some MeasurementSource
    ) -> [[RuleJudgement]] {
        var judgements = due.map { groups[$0].judge(at: time, groupings, ranges, over: source) }
        // First comparisons with earlier times, then exact quantiles.
        for _ in 0..<2 {
            var exact = ExactMeasurements()
            for (group, judged) in zip(due, judgements) {
                for (rule, judgement) in judged.enumerated() {
                    judgement.ask(&exact, groupings[groups[group].numbers[rule].grouping])
                }
            }
            exact.measure(ranges, groupings, at: time, over: source, &usualGrowths)
            for index in judgements.indices {
                for rule in judgements[index].indices { judgements[index][rule].judge(exact) }
            }
        }
        return judgements
    }

    private mutating func extendGroupings(from source: some MeasurementSource) {
        for number in groupings.indices {
            let instances = knownInstances.of(groupings[number].key, source)
            guard groupings[number].extend(from: source, instances) else { continue }
            let rules = groups.flatMap { zip($0.rules, $0.numbers).filter { $1.grouping == number }.map(\.0) }
            groupings[number].removeEmpty { group in rules.contains { $0.keeps(group) } }
        }
    }

    /// The durations, nanoseconds, beyond which rules call a span bad; rising.
    package private(set) var thresholds: [Int64] = []

    /// Bytes that the counts of all ranges take, and what rules and evidence compare with.
    package var countByteCount: Int {
        ranges.indices.reduce(usualGrowths.byteCount + comparedByteCount) { $0 + ranges[$1].byteCount }
    }

    /// Groups that have series or alerts.
    var groupCount: Int { groupings.reduce(0) { $0 + $1.groupCount } }

    /// The names that rules select exactly.
    package var selectedNames: SelectedNames {
        var names = SelectedNames()
        for grouping in groupings {
            let exact = grouping.key.selector.matches.compactMap { match in
                if case .equal(let value) = match.matcher { (match.label, value) } else { nil }
            }
            names.add(grouping.key.selector.population, Dictionary(exact) { first, _ in first })
        }
        return names
    }

    /// Records for a group's alerts that there was no data, if other spans of their cluster arrived since its last
    /// evaluation.
    private mutating func observeNoData(
        of group: Int, at time: Int64, from source: some MeasurementSource
    ) -> [Observation] {
        let interval = groups[group].definition.interval
        let rules = groups[group].rules.indices.filter { groups[group].rules[$0].isWithoutData(at: time) }
        let start = time.subtractingSaturating(interval)
        var heard: [String: Bool] = [:]
        return rules.flatMap { rule in
            let grouping = groupings[groups[group].numbers[rule].grouping]
            return groups[group].rules[rule].observeNoData(at: time, interval: interval, grouping) { cluster in
                let isHeard = heard[cluster] ?? source.hearsControlPlane(of: cluster, from: start, to: time)
                heard[cluster] = isHeard
                return isHeard
            }.map { Observation(group: group, rule: rule, of: $0) }
        }
    }

    /// An observation of one rule's alert.
    private struct Observation {
        var group: Int
        var rule: Int
        var of: RuleAlerts.Observation
    }

    private func grouping(of observation: Observation) -> SeriesGrouping {
        groupings[groups[observation.group].numbers[observation.rule].grouping]
    }

    /// Asks for evidence, for all alerts at once.
    private mutating func addEvidence(
        to observations: inout [Observation], at time: Int64, from source: some MeasurementSource
    ) {
        var asking: [Int] = []
        var questions: [EvidenceQuestion] = []
        for (number, observation) in observations.enumerated() {
            let rule = groups[observation.group].rules[observation.rule]
            guard var question = rule.question(observation.of, grouping(of: observation), at: time) else { continue }
            // A fault doesn't show what is usual for what it slows later.
            question.activeAt = min(question.activeAt, incidents.activeSince(in: question.cluster) ?? .max)
            question.faults = incidents.pastFaults(in: question.cluster)
            asking.append(number)
            questions.append(question)
        }
        guard !questions.isEmpty else { return }
        for (number, evidence) in zip(asking, source.evidence(questions)) {
            let (group, rule) = (observations[number].group, observations[number].rule)
            groups[group].rules[rule].add(evidence, at: time, to: &observations[number].of)
        }
    }

    private mutating func advance(_ due: Set<Int>, to time: Int64, over source: some MeasurementSource) {
        comparedByteCount = source.comparedByteCount
        var held = countByteCount
        for range in due.sorted() {
            held -= ranges[range].byteCount
            ranges[range].advance(to: time, groupings, over: source, bytesMax: countBytesMax - held)
            held += ranges[range].byteCount
        }
    }

    // MARK: Clock jumps

    /// Continues at another time, after an outage or when the clock was set. As after a restart, firing alerts keep
    /// firing with the times already sent, pending ones keep the time they have accumulated, and a false condition is
    /// ignored while a rule's range fills again.
    ///
    /// - Parameters:
    ///   - last: the last evaluation.
    ///   - time: what counts as the last evaluation from now on.
    package mutating func jump(from last: Int64, to time: Int64) {
        for range in ranges.indices { ranges[range].reset() }
        usualGrowths = UsualGrowths()
        incidents.jump(from: last, to: time)
        for group in groups.indices {
            for rule in groups[group].rules.indices { groups[group].rules[rule].jump(from: last, to: time) }
        }
    }

    // MARK: Reload

    /// Replaces the rules. Rules that are unchanged, within a group of the same name, keep their alerts. Returns the
    /// firing and pending alerts of removed rules, which nothing else will resolve.
    @discardableResult
    package mutating func replaceRules(_ definitions: [RuleGroup]) -> [Alert] {
        var old = groups
        let oldGroupings = groupings
        groups = []
        groupings = []
        ranges = []
        var numberOfGrouping: [SeriesGrouping.Key: Int] = [:]
        var numberOfRange: [WatchedRange.Key: Int] = [:]
        for definition in definitions where definition.interval > 0 {
            var group = Group(definition: definition)
            for rule in definition.rules {
                let key = SeriesGrouping.Key(selector: rule.selector, by: rule.grouping)
                let grouping = Self.number(of: key, &numberOfGrouping) {
                    groupings.append(oldGroupings.first { $0.key == key } ?? SeriesGrouping(key))
                }
                let ranges = rule.ranges.map { key in
                    Self.number(of: key, &numberOfRange) { self.ranges.append(WatchedRange(key)) }
                }
                let inputs = rule.condition.inputs
                for (index, range) in ranges.enumerated() {
                    self.ranges[range].add(inputs, index, grouping: grouping)
                }
                group.ranges.formUnion(ranges)
                group.rules.append(Self.take(rule, named: definition.name, from: &old) ?? RuleAlerts(rule))
                group.numbers.append(RuleNumbers(grouping: grouping, ranges: ranges))
            }
            groups.append(group)
        }
        thresholds = Set(ranges.flatMap(\.thresholds)).sorted()
        longestRange =
            definitions.flatMap { group in group.rules.map { max($0.reach, group.interval) } }.max() ?? 0
        let dropped = old.flatMap { group in
            zip(group.rules, group.numbers).flatMap { $0.active(oldGroupings[$1.grouping]) }
        }
        incidents.end(dropped)
        return dropped
    }

    /// The number of a key. Calls `add` for a new one.
    private static func number<Key: Hashable>(of key: Key, _ known: inout [Key: Int], add: () -> Void) -> Int {
        if let number = known[key] { return number }
        let number = known.count
        known[key] = number
        add()
        return number
    }

    /// Removes an unchanged rule from the old groups.
    private static func take(_ rule: Rule, named name: String, from old: inout [Group]) -> RuleAlerts? {
        for group in old.indices where old[group].definition.name == name {
            guard let index = old[group].rules.firstIndex(where: { $0.rule == rule }) else { continue }
            old[group].numbers.remove(at: index)
            return old[group].rules.remove(at: index)
        }
        return nil
    }
}
