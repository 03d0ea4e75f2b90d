import Engine
import Support

/// A rule and its active alerts, by group of its grouping.
struct RuleAlerts {
    let rule: Rule
    private var lives: [Int: ActiveAlert] = [:]
    /// Alerts that would have become active beyond the limit.
    private(set) var refused = 0
    private var matches = RecentMatches()

    init(_ rule: Rule) {
        self.rule = rule
    }

    /// Whether a group has an alert.
    func isTracked(_ group: Int) -> Bool { !lives.isEmpty && lives[group] != nil }

    /// Whether anything is kept of a group.
    func keeps(_ group: Int) -> Bool { lives[group] != nil || matches[group] != nil }

    /// Looks at the single spans that ended since the last evaluation, for those that match.
    mutating func search(
        _ grouping: SeriesGrouping, for durations: DurationSet, at time: Int64, interval: Int64,
        over source: some MeasurementSource
    ) -> [RuleJudgement.Verdict] {
        let lives = lives
        return matches.search(
            rule, grouping, for: durations, at: time, interval: interval, isTracked: { lives[$0] != nil }, over: source)
    }

    /// An alert after an evaluation that changed it, or to which evidence may be added.
    struct Observation {
        var group: Int
        var life: ActiveAlert
        var hasChanged: Bool
    }

    /// Takes in what an evaluation found for one group.
    mutating func observe(_ verdict: RuleJudgement.Verdict, at time: Int64, limit: Int) -> Observation? {
        let holds = verdict.truth == .noData ? nil : verdict.truth == .holds
        let group = verdict.group
        guard holds == true || lives[group] != nil else { return nil }
        guard lives[group] != nil || lives.count < limit else {
            refused += 1
            return nil
        }
        var life = lives[group] ?? ActiveAlert()
        let change = life.observe(
            holds, value: verdict.value.value, at: time, holdFor: rule.holdFor, keepFiringFor: rule.keepFiringFor)
        lives[group] = change == .resolved || change == .inactive ? nil : life
        guard change != nil || life.wantsEvidence(at: time) else { return nil }
        return Observation(group: group, life: life, hasChanged: change != nil)
    }

    /// Whether an evaluation told nothing of some alert that ends for want of data.
    func isWithoutData(at time: Int64) -> Bool {
        rule.endsAfterNoData != nil && lives.contains { $0.value.isWithoutData(at: time) }
    }

    /// Takes in, for the alerts of which an evaluation told nothing, that other spans came since the last one.
    mutating func observeNoData(at time: Int64, interval: Int64) -> [Observation] {
        guard let after = rule.endsAfterNoData else { return [] }
        return lives.keys.sorted().compactMap { group in
            guard var life = lives[group], life.isWithoutData(at: time) else { return nil }
            let change = life.observeNoData(at: time, interval: interval, endingAfter: after)
            lives[group] = change == nil ? life : nil
            return change.map { _ in Observation(group: group, life: life, hasChanged: true) }
        }
    }

    /// Adds what was found for an alert that fires.
    mutating func add(_ evidence: AlertEvidence, at time: Int64, to observation: inout Observation) {
        observation.life.found(evidence, at: time)
        lives[observation.group] = observation.life
    }

    /// What is asked about an alert, if evidence could tell more.
    func question(_ observation: Observation, _ grouping: SeriesGrouping, at time: Int64) -> EvidenceQuestion? {
        guard observation.life.wantsEvidence(at: time) else { return nil }
        let members = grouping.memberStarts[observation.group]..<grouping.memberStarts[observation.group + 1]
        return EvidenceQuestion(
            time: time, activeAt: min(observation.life.activeAt, time), over: rule.evidenceRange,
            population: rule.selector.population, series: Array(grouping.members[members]),
            isAboutErrors: rule.condition.isAboutErrors)
    }

    func transition(_ observation: Observation, _ grouping: SeriesGrouping, at time: Int64) -> AlertTransition? {
        guard observation.hasChanged else { return nil }
        return AlertTransition(
            time: time, alert: alert(observation.life, values: grouping.values[observation.group]))
    }

    // MARK: From one time to another

    /// Goes on at another time than the one that comes next.
    mutating func jump(from last: Int64, to time: Int64) {
        for group in lives.keys { lives[group]?.jump(from: last, to: time, ignoringCalmFor: rule.blindTime) }
        matches.jump(from: last, to: time)
    }

    // MARK: From one process to the next

    /// The pending and firing alerts, with the groups they are of.
    var tracked: [(group: Int, life: ActiveAlert, match: RecentMatches.Match?)] {
        lives.sorted { $0.key < $1.key }.map { ($0.key, $0.value, matches[$0.key]) }
    }

    mutating func restore(_ life: ActiveAlert, match: RecentMatches.Match?, group: Int) {
        lives[group] = life
        matches[group] = match
    }

    /// The pending and firing alerts, by their labels: groups are numbered as they came, which a restart changes.
    func active(_ grouping: SeriesGrouping) -> [Alert] {
        lives.map { (values: grouping.values[$0.key], life: $0.value) }
            .sorted { $0.values.lexicographicallyPrecedes($1.values) }
            .map { alert($0.life, values: $0.values) }
    }

    // MARK: As others see it

    private func alert(_ life: ActiveAlert, values: [String]) -> Alert {
        var labels = Dictionary(zip(rule.by, values)) { first, _ in first }
        // As in Prometheus, a label without a value is no label.
        labels = labels.merging(rule.labels) { _, own in own }.filter { !$0.value.isEmpty }
        var known = labels
        known["alertname"] = rule.alert
        return Alert(
            name: rule.alert, labels: labels,
            annotations: rule.annotations.mapValues {
                $0.render(labels: known, value: life.value, culprit: life.evidence?.culprit.text ?? "not clear")
            },
            state: life.state, activeAt: life.activeAt, firedAt: life.firedAt, resolvedAt: life.resolvedAt,
            reason: life.reason, value: life.value, evidence: life.evidence)
    }
}

extension Rule {
    /// How long after a gap in evaluations a condition that is false isn't believed, nanoseconds: while its range fills
    /// again. Matches of single spans are known from before.
    var blindTime: Int64 { condition.durations == nil ? min(over, RuleEvaluator.grace) : 0 }

    /// How long its condition may be without data before an alert ends, nanoseconds; nil for ever. That one falls silent is
    /// what a condition with `seen` is about.
    fileprivate var endsAfterNoData: Int64? {
        guard case .resolve(let after) = noData, !condition.inputs.wantsHeard.contains(true) else { return nil }
        return after
    }

    /// How far back evidence is looked for, nanoseconds: where all values have windows of their own, in the shortest, which
    /// says what still is so.
    fileprivate var evidenceRange: Int64 {
        over > 0 ? over : condition.inputs.ranges.compactMap(\.length).min() ?? 0
    }
}

/// What a rule over single spans found of late. Each span is looked at once, by the first evaluation after its end.
struct RecentMatches {
    struct Match: Hashable, Sendable {
        /// The evaluation that found it.
        var time: Int64
        /// The longest it found, nanoseconds.
        var duration: Int64
    }

    /// Spans that ended before it have been looked at.
    private var searchedUpTo: Int64?
    private var matches: [Int: Match] = [:]

    subscript(group: Int) -> Match? {
        get { matches[group] }
        set { matches[group] = newValue }
    }

    /// Goes on at another time than the one that comes next: matches are as long ago there as they were.
    mutating func jump(from last: Int64, to time: Int64) {
        if searchedUpTo != nil { searchedUpTo = time }
        let step = time.subtractingSaturating(last)
        matches = matches.mapValues {
            Match(time: TimeLimits.nearestTime($0.time.addingSaturating(step)), duration: $0.duration)
        }
    }

    /// A match holds at the evaluation that finds it, and at those within `over` of it. Where nothing at all was heard since
    /// the last evaluation, nothing is known: neither that a match is over nor that there is none.
    mutating func search(
        _ rule: Rule, _ grouping: SeriesGrouping, for durations: DurationSet, at time: Int64, interval: Int64,
        isTracked: (Int) -> Bool, over source: some MeasurementSource
    ) -> [RuleJudgement.Verdict] {
        // What ended before the first evaluation's interval is nobody's to judge.
        let start = max(
            searchedUpTo ?? time.subtractingSaturating(interval), time.subtractingSaturating(max(rule.over, interval)))
        let selection = Selection(
            groupOfSeries: grouping.groupOfSeries, groupCount: grouping.values.count, quantiles: [])
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
                return RuleJudgement.Verdict(group: group, truth: .holds, value: value)
            }
            return isTracked(group) ? RuleJudgement.Verdict(group: group, truth: .fails, value: .missing) : nil
        }
    }
}
