import Engine
import Support

extension RuleEvaluator {
    /// The longest outage after which pending alerts continue, as in Prometheus.
    static let outageTolerance: Int64 = 3_600_000_000_000

    /// The pending and firing alerts, and the incidents, for the next process.
    /// - Parameter time: the last evaluation, in nanoseconds since the epoch.
    package func savedAlerts(at time: Int64) -> SavedAlerts {
        var entries: [SavedAlerts.Entry] = []
        for group in groups {
            for (rule, own) in zip(group.rules, group.numbers) {
                let tracked = rule.tracked
                guard !tracked.isEmpty else { continue }
                let identity = RuleIdentity.text(rule.rule, inGroup: group.definition.name)
                let values = groupings[own.grouping].values
                entries += tracked.map { group, life, match in
                    SavedAlerts.Entry(
                        alert: rule.rule.alert, rule: identity, values: rule.rule.saved(values[group]),
                        state: life.state,
                        activeAt: Timestamp.rfc3339(life.activeAt), firedAt: life.firedAt.map(Timestamp.rfc3339),
                        falseSince: life.falseSince.map(Timestamp.rfc3339), value: life.value,
                        firedValue: life.firedValue, evidence: life.evidence.map { EvidenceJSON($0) },
                        startedAt: life.evidence?.startedAt.map(Timestamp.rfc3339),
                        matchedAt: (match?.time).map(Timestamp.rfc3339), matchNanoseconds: match?.duration,
                        noDataNanoseconds: life.noDataFor > 0 ? life.noDataFor : nil)
                }
            }
        }
        return SavedAlerts(evaluatedAt: time, alerts: entries, incidents: incidents.saved)
    }

    /// Continues the alerts of a process that has ended, except those whose rules have changed. A firing alert keeps
    /// firing without another notification. A pending one continues where it was, not counting the time without
    /// evaluations, unless that was more than an hour.
    ///
    /// - Parameter now: what counts as the last evaluation, in nanoseconds since the epoch.
    /// - Returns: how many alerts continue.
    @discardableResult
    package mutating func restore(_ saved: SavedAlerts, at now: Int64) -> Int {
        guard let savedAt = Timestamp.parse(rfc3339: saved.evaluatedAt) else { return 0 }
        if let incidents = saved.incidents { self.incidents.restore(incidents, savedAt: savedAt, now: now) }
        var count = 0
        var byRule: [String: [SavedAlerts.Entry]] = [:]
        for entry in saved.alerts { byRule[entry.rule, default: []].append(entry) }
        for group in groups.indices {
            for rule in groups[group].rules.indices {
                let definition = groups[group].rules[rule].rule
                let identity = RuleIdentity.text(definition, inGroup: groups[group].definition.name)
                for entry in byRule.removeValue(forKey: identity) ?? [] {
                    guard let values = definition.restored(entry.values),
                        let life = ActiveAlert(entry, of: definition, savedAt: savedAt, now: now)
                    else { continue }
                    let number = groupings[groups[group].numbers[rule].grouping].group(of: values)
                    groups[group].rules[rule].restore(life, match: entry.match, group: number)
                    count += 1
                }
            }
        }
        return count
    }
}

extension Rule {
    /// The values of the `grouping` labels as they are saved: without an empty cluster that `by` doesn't name.
    fileprivate func saved(_ values: [String]) -> [String] {
        !namesCluster && values.last?.isEmpty == true ? values.dropLast() : values
    }

    /// Undoes `saved`; nil if the values can't be this rule's.
    fileprivate func restored(_ values: [String]) -> [String]? {
        if values.count == grouping.count { return values }
        return !namesCluster && values.count == by.count ? values + [""] : nil
    }
}

extension SavedAlerts.Entry {
    fileprivate var match: RecentMatches.Match? {
        guard let time = matchedAt.flatMap({ Timestamp.parse(rfc3339: $0) }),
            let duration = matchNanoseconds.flatMap({ TimeLimits.duration($0) })
        else { return nil }
        return RecentMatches.Match(time: time, duration: duration)
    }
}

extension SavedAlerts.Entry {
    fileprivate var found: AlertEvidence? {
        var found = evidence.map { AlertEvidence($0) }
        found?.startedAt = startedAt.flatMap { Timestamp.parse(rfc3339: $0) }
        return found
    }
}

extension ActiveAlert {
    /// nil if the alert doesn't continue.
    fileprivate init?(_ saved: SavedAlerts.Entry, of rule: Rule, savedAt: Int64, now: Int64) {
        guard var activeAt = Timestamp.parse(rfc3339: saved.activeAt) else { return nil }
        // Negative after the clock was set back, which is no outage.
        let step = now.subtractingSaturating(savedAt)
        let firedAt = saved.firedAt.flatMap { Timestamp.parse(rfc3339: $0) }
        switch saved.state {
        case .firing:
            guard firedAt != nil else { return nil }
        case .pending:
            guard step <= RuleEvaluator.outageTolerance else { return nil }
            var left = rule.holdFor.subtractingSaturating(savedAt.subtractingSaturating(activeAt))
            if rule.holdFor >= RuleEvaluator.grace { left = max(left, RuleEvaluator.grace) }
            activeAt = TimeLimits.nearestTime(now.addingSaturating(left).subtractingSaturating(rule.holdFor))
        case .inactive, .resolved:
            return nil
        }
        self.init(
            state: saved.state, activeAt: activeAt, firedAt: firedAt,
            falseSince: saved.falseSince.flatMap { Timestamp.parse(rfc3339: $0) }
                .map { TimeLimits.nearestTime($0.addingSaturating(step)) },
            value: saved.value, firedValue: saved.firedValue, evidence: saved.found,
            noDataFor: saved.noDataNanoseconds.flatMap { TimeLimits.duration($0) } ?? 0,
            ignoringCalmUntil: now.addingSaturating(rule.blindTime))
    }
}

/// Identifies a rule from run to run, as long as its definition doesn't change.
enum RuleIdentity {
    static func text(_ rule: Rule, inGroup group: String) -> String {
        var hash = FNV1a()
        var parts = [group, rule.alert, "\(rule.selector.population)"]
        for match in rule.selector.matches { parts += [match.label, match.matcher.sign, match.matcher.operand] }
        parts += ["by"] + rule.by + ["when", rule.condition.expression.description]
        parts += [rule.over, rule.holdFor, rule.keepFiringFor].map { "\($0)" }
        switch rule.noData {
        case .standard: break
        case .keep: parts.append("no_data keep")
        case .resolve(let after): parts.append("no_data \(after)")
        }
        for (name, value) in rule.labels.sorted(by: { $0.key < $1.key }) { parts += [name, value] }
        parts.append("annotations")
        for (name, template) in rule.annotations.sorted(by: { $0.key < $1.key }) { parts += [name, template.text] }
        for part in parts { hash.combine(part) }
        return hash.hex
    }
}
