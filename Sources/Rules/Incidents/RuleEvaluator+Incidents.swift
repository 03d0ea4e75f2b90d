import Engine
import Support

extension RuleEvaluator {
    /// Applies an evaluation to the incidents.
    /// - Parameters:
    ///   - transitions: what it changed.
    ///   - due: the groups that were evaluated.
    mutating func trackIncidents(
        _ transitions: [AlertTransition], of due: [Int], at time: Int64, over source: some MeasurementSource
    ) {
        let sightings = due.flatMap { self.sightings(inGroup: $0, at: time, over: source) }
        let resolved = transitions.filter { $0.alert.state == .resolved }.map { AlertID($0.alert) }
        // Taken out, so that the context can read the rules meanwhile.
        var tracker = IncidentTracker()
        swap(&tracker, &incidents)
        let context = EvaluatedContext(rules: self, time: time, source: source)
        tracker.observe(sightings, resolved: resolved, in: context)
        swap(&tracker, &incidents)
    }

    /// The clock stops while no spans arrive.
    package mutating func followEventTime() { incidents.processes.judgesSilenceOfAll = false }

    /// The firing alerts of a group's rules that are about the control plane.
    private func sightings(inGroup group: Int, at time: Int64, over source: some MeasurementSource) -> [AlertSighting] {
        groups[group].rules.indices.flatMap { number -> [AlertSighting] in
            let rule = groups[group].rules[number]
            guard rule.rule.isOfIncidents, rule.hasAlerts else { return [] }
            let grouping = groupings[groups[group].numbers[number].grouping]
            let calm = rule.rule.calm(interval: groups[group].definition.interval)
            return rule.firing(at: time).compactMap { found in
                let labels = rule.rule.labels(of: grouping.values[found.group])
                let id = AlertID(
                    fingerprint: Alert.fingerprint(name: rule.rule.alert, labels: labels),
                    activeAt: found.life.activeAt)
                guard incidents.homes[id] != nil || grouping.isOfControlPlane(found.group, source) else { return nil }
                return AlertSighting(
                    id: id, rule: RuleNumber(group: group, rule: number), group: found.group, name: rule.rule.alert,
                    labels: labels, firedAt: TimeLimits.nearestTime(found.life.firedAt ?? time),
                    earliestStart: rule.rule.earliestStart(of: found.life),
                    evidence: found.life.evidence, holds: found.holds, looksFarBack: rule.rule.looksFarBack,
                    isAboutSilence: rule.rule.isAboutSilence, calm: calm)
            }
        }
    }
}

extension SeriesGrouping {
    /// Whether a group has series of the control plane. Requests are always to an API server.
    fileprivate func isOfControlPlane(_ group: Int, _ source: some MeasurementSource) -> Bool {
        switch key.selector.population {
        case .requests, .parts: true
        case .spans, .selfTimes: series(of: group).contains { source.operations[Int($0)].isOfControlPlane }
        }
    }
}

/// What an evaluation passes on to incidents.
private struct EvaluatedContext<Source: MeasurementSource>: IncidentContext {
    let rules: RuleEvaluator
    let time: Int64
    let source: Source

    /// Bytes for counting what is usual.
    private static var countBytesMax: Int { 32 << 20 }

    var next: Int64? { rules.nextEvaluation(after: time) }

    func isHeard(_ cluster: String, since last: Int64) -> Bool {
        source.hearsControlPlane(of: cluster, from: last, to: time)
    }

    var horizon: Int64 { source.horizon }

    func activity(_ times: Range<Int64>, sourcesMax: Int) -> [SourceActivity] {
        source.activity(from: times.lowerBound, to: times.upperBound, sourcesMax: sourcesMax)
    }

    func isAftermath(_ alert: AlertSighting, of times: [Range<Int64>]) -> Bool {
        let windows = windows(of: alert)
        // A condition about silence is about the very time that would be cut out.
        guard windows.rule.condition.durations == nil, !windows.rule.isAboutSilence else { return false }
        let first = time.subtractingSaturating(windows.rule.longestWindow)
        let overlapping = times.filter { $0.upperBound > first }
        return !overlapping.isEmpty && !windows.holds(without: overlapping)
    }

    func heldLately(_ alert: AlertSighting) -> Bool {
        let windows = windows(of: alert)
        // Within a minute, slow growth looks like normal variation.
        return windows.rule.looksBackHours || windows.holds(overLast: Rule.incidentWindow)
    }

    private func windows(of alert: AlertSighting) -> CutWindows<Source> {
        let group = rules.groups[alert.rule.group]
        let grouping = rules.groupings[group.numbers[alert.rule.rule].grouping]
        return CutWindows(
            rule: group.rules[alert.rule.rule].rule, grouping: grouping, group: alert.group, time: time,
            since: alert.id.activeAt, source: source)
    }

    func usualDurations(from: Int64, to: Int64) -> [String: Int64] {
        // Whole slots can be counted without looking at every request.
        let (first, end) = (from.roundedDown, to.roundedDown)
        let kinds = source.requests
        guard first < end, !kinds.isEmpty else { return [:] }
        var usual: [String: Int64] = [:]
        var counts = SlidingCounts(.requests)
        if source.advance(
            &counts, from: first, to: end, isWanted: kinds.map { _ in true }, bytesMax: Self.countBytesMax)
        {
            for (number, kind) in kinds.enumerated() {
                let series = [Int32(number)]
                let count = counts.tally(of: series.span).count
                guard count > 0 else { continue }
                usual[RequestKind.text(kind)] =
                    counts.bounds(of: Self.usualQuantile, of: series.span, count: count).upperBound
            }
        } else {
            let each = Selection(
                groupOfSeries: kinds.indices.map { Int32($0) }, groupCount: kinds.count,
                quantiles: [Self.usualQuantile])
            let found = source.measure(.requests, from: first, to: end, [each])[0]
            for (kind, statistics) in zip(kinds, found) where statistics.count > 0 {
                usual[RequestKind.text(kind)] = statistics.quantiles[0]
            }
        }
        return usual
    }

    private static var usualQuantile: Double { 0.99 }

    func outcomes(of cluster: String, from: Int64, to: Int64, usual: [String: Int64]) -> RequestOutcomes {
        source.requestOutcomes(
            from: from, to: to, slowerThan: source.requests.map { usual[RequestKind.text($0)] ?? .max },
            where: source.requests.map { $0.cluster == cluster })
    }
}

/// A kind of request as text, the same in every process.
private enum RequestKind {
    static func text(_ labels: RequestLabels) -> String {
        let own = RequestLabels.names.map { labels[$0] ?? "" }
        return (labels.cluster.isEmpty ? own : own + [labels.cluster]).joined(separator: "\n")
    }
}

extension Int64 {
    fileprivate var roundedDown: Int64 { self - self % Window.slotWidth }
}

/// How a rule's alerts take part in incidents. Durations are in nanoseconds.
extension Rule {
    /// A minute: how far an incident looks back before it closes, and the longest window whose alerts open one by
    /// themselves.
    static let incidentWindow: Int64 = 60_000_000_000
    /// However short its window, a wavering condition doesn't close an incident. No condition has held for so long when one
    /// closes.
    static let calmMin: Int64 = 30_000_000_000

    /// The windows that end at the evaluation, without those they are compared with.
    private var ownWindows: [Int64] {
        condition.durations == nil
            ? condition.inputs.ranges.filter { $0.offset == 0 }.map { $0.length ?? over } : []
    }

    /// The shortest window that its condition uses, at most a minute. A single span isn't a window.
    var shortestWindow: Int64 { min(ownWindows.min() ?? 0, Self.incidentWindow) }

    /// Whether it looks further back than a minute, so that it may still fire when a fault is over.
    var looksFarBack: Bool { longestWindow > Self.incidentWindow }

    /// Whether its condition asks if anything was heard.
    fileprivate var isAboutSilence: Bool { condition.inputs.wantsHeard.contains(true) }

    /// The longest window that its condition uses.
    var longestWindow: Int64 { ownWindows.max() ?? 0 }

    /// How long after its condition last held every window of at most a minute is free of what was bad.
    func calm(interval: Int64) -> Int64 {
        max(Self.incidentWindow - shortestWindow, Self.calmMin, looksBackHours ? Self.calmOfGrowth : interval)
    }

    /// Slow growth wavers around any threshold for minutes.
    private static let calmOfGrowth: Int64 = 180_000_000_000

    /// The earliest time at which the fault behind an alert may have begun: when the spans show it, otherwise the
    /// beginning of the window in which its condition held.
    fileprivate func earliestStart(of alert: ActiveAlert) -> Int64 {
        let earliest = alert.evidence?.startedAt ?? alert.activeAt.subtractingSaturating(shortestWindow)
        return TimeLimits.nearestTime(min(earliest, alert.activeAt.subtractingSaturating(Self.shortestFault)))
    }

    /// A condition over single spans has no window.
    private static let shortestFault: Int64 = 1_000_000_000
}
