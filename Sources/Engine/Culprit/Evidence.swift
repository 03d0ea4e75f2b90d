import Support

/// The evidence for and against each side, comparing an interval with the time before it. See docs/culprit.md.
package struct Evidence: Sendable {
    /// etcd's own handlers.
    package var etcd = Growth()
    /// The API server's calls to etcd beyond etcd's handlers.
    var connection = Growth()
    /// The API server's own work on a request: no waiting for anything else.
    var ownWork = Growth()
    /// The same for requests that never reach etcd.
    var ownWorkWithoutEtcd = Growth()
    /// The parts of requests, by component.
    var parts = [Growth](repeating: Growth(), count: ComponentTable.countMax)
    /// By component: how much longer the requests of the interval took than as many of the same kinds before, nanoseconds.
    var excess = [Double](repeating: 0, count: ComponentTable.countMax)
    /// The webhooks of each sort that takes longer.
    var webhooks: [Component: CalledWebhooks] = [:]
    var failures = Failures()
    /// The kinds of request, by series.
    var requests: [RequestLabels] = []
    /// etcd sent nothing while the API server continued.
    var etcdGap: Gap?
    /// Neither sent anything, and spans of the API server cover that time: it was stopped.
    var apiServerStall: Gap?
    /// The API server sent nothing while etcd continued.
    var apiServerGap: Gap?
    /// etcd's handlers in that gap that have a parent: something called etcd.
    var handlersInGap = 0
    /// The process that most of the long calls to etcd waited for.
    var stall: Stall?
    /// What slow calls to etcd waited for.
    var delays = CallDelays()
    /// By number.
    var sources: [SourceLabels] = []
    /// The members of etcd and the API servers that have spans in the interval, if calls to etcd wait.
    var (memberCount, serverCount) = (0, 0)
    /// Calls to etcd that ended in the interval.
    var calls = 0
    /// The number of `calls` that contain a handler of etcd.
    var callsHandled = 0
    /// etcd's handlers that ended in the interval and have a parent.
    var handlersWithParent = 0
    /// Calls that began and succeeded while etcd sent nothing: something answered them.
    var callsAnsweredInGap = 0
    /// Mean time of a request by component number, nanoseconds; empty if no request ended in the interval.
    var components: [ComponentGrowth] = []
    /// The kind of request that occupies the API server more than before.
    var flow: GrownFlow?
    var newWork: NewWork?
    var requestCount = 0
    var requestCountBefore = 0
    /// Whether etcd has ever sent a span.
    var knowsEtcd = false
    /// Whether the spans of the interval come from more than one process.
    var hasSeveralEtcds = false
    var hasSeveralAPIServers = false
    /// What users call the components, by number.
    var names = Component.builtinNames

    init() {}
}

/// A component's time in the mean request, nanoseconds.
package struct ComponentGrowth: Equatable, Sendable {
    package var component: Component
    package var now: Double
    /// nil without requests in the baseline.
    package var before: Double?

    /// nil without requests in the baseline.
    var growth: Double? { before.map { now - $0 } }
}

/// The culprit of an interval, and how much of a request's time each component took in it and before.
package struct CulpritFinding: Sendable {
    package var verdict: Verdict
    /// Largest growth first.
    package var components: [ComponentGrowth]
    /// Since when the spans show it, Unix nanoseconds; nil if they don't.
    package var startedAt: Int64?
}

extension WindowView {
    /// The culprit according to evidence from this view.
    ///
    /// - Parameters:
    ///   - cluster: that the evidence is about.
    ///   - requests: the request series that the question is about; nil if it is about something else. - calls: the
    ///     same for operations. - parts: the components whose part of these requests it is about.
    ///   - length: over which it was noticed, nanoseconds.
    package func culprit(
        _ evidence: Evidence, _ comparison: Comparison, ofCluster cluster: String, requests: [Int32]?,
        calls: [Int32]? = nil, parts: [Component] = [], noticedOver length: Int64 = 0, isAboutErrors: Bool,
        _ components: ComponentTable,
        _ digests: inout SlotDigests
    ) -> CulpritFinding {
        let asked = calls.map { called(by: $0, components) } ?? parts
        let found = evidence.verdict(isAboutErrors: isAboutErrors, on: asked) {
            requests.flatMap { verdict(onRequests: $0, comparison, components) }
                ?? calls.flatMap {
                    verdict(
                        onCalls: $0, evidence, comparison, over: length, ofCluster: cluster, components, &digests)
                }
        }
        return CulpritFinding(
            verdict: naming(found, evidence, requests: requests, ofCluster: cluster, comparison, components),
            components: evidence.components.sorted { $0.growth ?? $0.now > $1.growth ?? $1.now })
    }

    /// When the fault that some series show began, Unix nanoseconds; nil if they don't say.
    ///
    /// - Parameter slower: when they began to take longer.
    package func beginning(
        of series: [Int32], _ population: Population, slower: Int64?, isAboutErrors: Bool, _ evidence: Evidence,
        _ verdict: Verdict, _ comparison: Comparison
    ) -> Int64? {
        if verdict.basis != .time, let silence = evidence.silence { return silence.from }
        if !isAboutErrors, let slower { return slower }
        return onsetOfFailures(of: series, population, in: comparison) ?? slower
    }

    /// Gathers the evidence about one cluster for a comparison from an attributed view. Both ranges are rounded to slots.
    ///
    /// - Parameter cluster: as in labels; empty for spans that name none.
    package func evidence(
        _ comparison: Comparison, ofCluster cluster: String, _ components: ComponentTable, _ digests: inout SlotDigests
    ) -> Evidence {
        digests.forget(before: slots.first?.start ?? .min)
        let roles = operations.map { $0.cluster == cluster ? EvidenceGathering.role($0, components) : .none }
        let isWanted = requests.map { $0.cluster == cluster }
        var evidence = Evidence()
        (evidence.names, evidence.requests, evidence.sources) = (components.names, requests, sources)
        measure(EvidenceMeters(roles, isWanted: isWanted), comparison).report(to: &evidence)
        evidence.webhooks = calledWebhooks(evidence, comparison, roles: roles)
        let now = digests.intervals.evidence(of: comparison.interval, cluster: cluster) {
            IntervalEvidence(
                comparison.interval, slots.filter { comparison.isInterval($0) }, roles: roles, isWanted: isWanted,
                sources: sources.count)
        }
        var gathering = EvidenceGathering(
            comparison, now, ofCluster: cluster, roles: roles, isWanted: isWanted, stretches: stretchCount(comparison),
            oldest: slots.first?.start ?? .max)
        for slot in slotsWithRemembered where !comparison.isInterval(slot) {
            if comparison.isBaseline(slot) {
                gathering.add(slot, stretch: comparison.stretch(of: slot), &digests)
            } else if slot.start >= comparison.baseline.lowerBound, slot.start < comparison.interval.upperBound {
                gathering.addEnds(slot, &digests)
            }
        }
        gathering.report(to: &evidence)
        if let gap = evidence.etcdGap {
            for slot in slots where slot.start < gap.to && slot.end > gap.from {
                evidence.callsAnsweredInGap += gathering.callsAnswered(in: gap, of: slot)
            }
        }
        evidence.countMissingHandlersAsCalls()
        if let gap = evidence.apiServerGap {
            for slot in slots where slot.start < gap.to && slot.end > gap.from {
                evidence.handlersInGap += gathering.handlers(in: gap, of: slot)
            }
        }
        return evidence
    }

    /// Reads the baseline to learn what is usual, and everything to compare.
    func measure<Meters: ComparingMeters>(_ meters: consuming Meters, _ comparison: Comparison) -> Meters {
        let before = slotsWithRemembered.filter { comparison.isBaseline($0) }
        for slot in before { meters.add(slot, .learning) }
        meters.learned()
        for slot in before { meters.add(slot, .comparing(stretch: comparison.stretch(of: slot))) }
        for slot in slots where comparison.isInterval(slot) { meters.add(slot, .comparing(stretch: nil)) }
        return meters
    }

    /// How many stretches of the baseline are known.
    private func stretchCount(_ comparison: Comparison) -> Int {
        slotsWithRemembered.first { comparison.isBaseline($0) }.map { comparison.stretch(of: $0) + 1 } ?? 0
    }
}
