import Engine
import Support

/// A rule and its active alerts, by group of its grouping.
struct RuleAlerts {
    let rule: Rule
    private var lives: [Int: ActiveAlert] = [:]
    /// How many alerts were refused at the limit.
    private(set) var refused = 0
    private var matches = RecentMatches()

    init(_ rule: Rule) {
        self.rule = rule
    }

    /// When the alert of a group became active, Unix nanoseconds; nil if it has none.
    func activeSince(_ group: Int) -> Int64? { lives.isEmpty ? nil : lives[group]?.activeAt }

    /// Whether any alert is pending or firing.
    var hasAlerts: Bool { !lives.isEmpty }

    /// Whether there is any state for a group.
    func keeps(_ group: Int) -> Bool { lives[group] != nil || matches[group] != nil }

    /// Searches the spans that ended since the last evaluation for matches.
    mutating func search(
        _ grouping: SeriesGrouping, for durations: DurationSet, at time: Int64, interval: Int64,
        over source: some MeasurementSource
    ) -> [GroupJudgement] {
        let lives = lives
        return matches.search(
            rule, grouping, for: durations, at: time, interval: interval, isTracked: { lives[$0] != nil }, over: source)
    }

    /// An alert that an evaluation changed, or that could use more evidence.
    struct Observation {
        var group: Int
        var life: ActiveAlert
        var hasChanged: Bool
    }

    /// Applies what an evaluation says about one group.
    mutating func observe(_ judgement: GroupJudgement, at time: Int64, limit: Int) -> Observation? {
        let holds = judgement.truth == .noData ? nil : judgement.truth == .holds
        let group = judgement.group
        guard holds == true || lives[group] != nil else { return nil }
        guard lives[group] != nil || lives.count < limit else {
            refused += 1
            return nil
        }
        var life = lives[group] ?? ActiveAlert()
        let change = life.observe(
            holds, value: judgement.value.value, at: time, holdFor: rule.holdFor, keepFiringFor: rule.keepFiringFor)
        lives[group] = change == .resolved || change == .inactive ? nil : life
        guard change != nil || life.wantsEvidence(at: time) else { return nil }
        return Observation(group: group, life: life, hasChanged: change != nil)
    }

    /// Whether an evaluation had no data for some alert that ends without data.
    func isWithoutData(at time: Int64) -> Bool {
        rule.endsAfterNoData != nil && lives.contains { $0.value.isWithoutData(at: time) }
    }

    /// Records for alerts without data in this evaluation that other spans of their cluster arrived since the last one.
    mutating func observeNoData(
        at time: Int64, interval: Int64, _ grouping: SeriesGrouping, isHeard: (_ cluster: String) -> Bool
    ) -> [Observation] {
        guard let after = rule.endsAfterNoData else { return [] }
        return lives.keys.sorted().compactMap { group in
            guard var life = lives[group], life.isWithoutData(at: time),
                isHeard(rule.cluster(of: grouping.values[group]))
            else { return nil }
            let change = life.observeNoData(at: time, interval: interval, endingAfter: after)
            lives[group] = change == nil ? life : nil
            return change.map { _ in Observation(group: group, life: life, hasChanged: true) }
        }
    }

    /// Adds evidence found for a firing alert.
    mutating func add(_ evidence: AlertEvidence, at time: Int64, to observation: inout Observation) {
        observation.life.found(evidence, at: time)
        lives[observation.group] = observation.life
    }

    /// The question about an alert, if more evidence could help.
    func question(_ observation: Observation, _ grouping: SeriesGrouping, at time: Int64) -> EvidenceQuestion? {
        guard observation.life.wantsEvidence(at: time) else { return nil }
        return EvidenceQuestion(
            time: time, activeAt: min(observation.life.activeAt, time), over: rule.evidenceRange,
            cluster: rule.cluster(of: grouping.values[observation.group]), population: rule.selector.population,
            series: grouping.series(of: observation.group), sources: grouping.sources(of: observation.group),
            components: rule.condition.components, isAboutErrors: rule.condition.isAboutErrors,
            looksBackHours: rule.looksBackHours)
    }

    func transition(_ observation: Observation, _ grouping: SeriesGrouping, at time: Int64) -> AlertTransition? {
        guard observation.hasChanged else { return nil }
        return AlertTransition(
            time: time, alert: alert(observation.life, values: grouping.values[observation.group]))
    }

    /// The firing alerts, by group, and whether their conditions hold at the time of an evaluation. A single span holds only
    /// at the evaluation that finds it.
    func firing(at time: Int64) -> [(group: Int, life: ActiveAlert, holds: Bool)] {
        lives.filter { $0.value.state == .firing }.sorted { $0.key < $1.key }.map { group, life in
            (group, life, rule.condition.durations == nil ? life.heldAt == time : matches[group]?.time == time)
        }
    }

    // MARK: Clock jumps

    /// Shifts the alerts to another time.
    mutating func jump(from last: Int64, to time: Int64) {
        for group in lives.keys { lives[group]?.jump(from: last, to: time, ignoringCalmFor: rule.blindTime) }
        matches.jump(from: last, to: time)
    }

    // MARK: Saved state

    /// The pending and firing alerts, with their groups.
    var tracked: [(group: Int, life: ActiveAlert, match: RecentMatches.Match?)] {
        lives.sorted { $0.key < $1.key }.map { ($0.key, $0.value, matches[$0.key]) }
    }

    mutating func restore(_ life: ActiveAlert, match: RecentMatches.Match?, group: Int) {
        lives[group] = life
        matches[group] = match
    }

    /// The pending and firing alerts, sorted by labels: group numbers depend on the order of arrival, which changes
    /// with a restart.
    func active(_ grouping: SeriesGrouping) -> [Alert] {
        lives.map { (values: grouping.values[$0.key], life: $0.value) }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
            .map { alert($0.life, values: $0.values) }
    }

    // MARK: Alerts

    private func alert(_ life: ActiveAlert, values: [String]) -> Alert {
        let labels = rule.labels(of: values)
        var known = labels
        known["alertname"] = rule.alert
        return Alert(
            name: rule.alert, labels: labels,
            annotations: rule.annotations.mapValues {
                $0.render(labels: known, value: life.value, culprit: life.evidence?.culprit.text ?? "not clear")
            },
            state: life.state, activeAt: life.activeAt, firedAt: life.firedAt, resolvedAt: life.resolvedAt,
            reason: life.reason, value: life.value, firedValue: life.firedValue,
            unit: AlertUnit(rule.condition.subjectDimension),
            evidence: life.evidence)
    }
}

extension Rule {
    /// The labels that distinguish the rule's alerts, the cluster among them: a rule never mixes clusters.
    var grouping: [String] { namesCluster ? by : by + [SeriesLabels.cluster] }

    var namesCluster: Bool { by.contains(SeriesLabels.cluster) }

    /// The cluster of an alert, given the values of the `grouping` labels.
    func cluster(of values: [String]) -> String {
        zip(grouping, values).first { $0.0 == SeriesLabels.cluster }?.1 ?? ""
    }

    /// The labels of an alert, given the values of the `grouping` labels.
    func labels(of values: [String]) -> [String: String] {
        // As in Prometheus, an empty label is the same as no label.
        Dictionary(zip(grouping, values)) { first, _ in first }.merging(labels) { _, own in own }
            .filter { !$0.value.isEmpty }
    }

    /// How long a false condition is ignored after a gap in evaluations, in nanoseconds: while the rule's range fills
    /// again. Matches of single spans survive the gap.
    var blindTime: Int64 { condition.durations == nil ? min(over, RuleEvaluator.grace) : 0 }

    /// How long an alert's condition may be without data before it ends, in nanoseconds; nil for any time. A condition
    /// with `seen` is about missing data itself.
    fileprivate var endsAfterNoData: Int64? {
        guard case .resolve(let after) = noData, !condition.inputs.wantsHeard.contains(true) else { return nil }
        return after
    }

    /// How far back to look for evidence, in nanoseconds. If every value has its own window, the shortest shows what is
    /// still going on.
    fileprivate var evidenceRange: Int64 {
        over > 0 ? over : condition.inputs.ranges.compactMap(\.length).min() ?? 0
    }
}
