package import Engine
package import Support

/// What an alert adds to the fact that it fires: the culprit, and where to look.
package struct AlertEvidence: Hashable, Sendable {
    package struct Culprit: Codable, Hashable, Sendable {
        /// nil if it isn't clear.
        @OrNull package var side: String?
        @OrNull package var component: String?
        /// nil unless it is one of several.
        package var instance: String?
        package var certainty: Verdict.Certainty
        /// One sentence.
        package var why: String

        /// In JSON, only the incident has the instance.
        private enum CodingKeys: String, CodingKey {
            case side, component, certainty, why
        }

        package init(
            side: String?, component: String?, instance: String? = nil, certainty: Verdict.Certainty, why: String
        ) {
            self.side = side
            self.component = component
            self.instance = instance
            self.certainty = certainty
            self.why = why
        }

        /// `etcd (clear): its own handlers took …`, as in `{{ $culprit }}` and the annotation.
        package var text: String {
            guard let side else { return "not clear: \(why)" }
            // The sentence may begin with the side.
            let reason = why.hasPrefix("\(side): ") ? String(why.dropFirst(side.count + 2)) : why
            let one = instance.map { " \($0)" } ?? ""
            return "\(side)\(one) (\(certainty.rawValue)): \(reason)"
        }
    }

    /// A component's part of the mean request, in seconds.
    package struct ComponentTime: Hashable, Sendable {
        package var component: String
        package var seconds: Double
        /// nil if there is no earlier request to compare with.
        package var baselineSeconds: Double?

        package init(component: String, seconds: Double, baselineSeconds: Double?) {
            self.component = component
            self.seconds = seconds
            self.baselineSeconds = baselineSeconds
        }
    }

    package var culprit: Culprit
    /// Those that grew most come first.
    package var components: [ComponentTime]
    /// The traces of the worst requests, the worst first.
    package var traces: [TraceID]
    /// Since when the spans show the fault, in Unix nanoseconds; nil if they don't.
    var startedAt: Int64?
    /// Whether requests queue longer, and the culprit is what they queue for.
    var explainsQueue = false
    /// What failed, if that is far more than usual.
    var failures: FailureClause?

    /// Whether the culprit is the queue itself.
    var isAboutQueue: Bool {
        culprit.component == Component.builtinNames[Int(Component.priorityAndFairness.number)]
    }

    package init(
        culprit: Culprit, components: [ComponentTime], traces: [TraceID], startedAt: Int64? = nil
    ) {
        self.culprit = culprit
        self.components = components
        self.traces = traces
        self.startedAt = startedAt
    }

    init(_ finding: CulpritFinding, traces: [TraceID], _ table: ComponentTable) {
        let verdict = finding.verdict
        culprit = Culprit(
            side: verdict.side?.rawValue, component: verdict.component.map { table.names[Int($0.number)] },
            instance: verdict.instance, certainty: verdict.certainty, why: verdict.why)
        components = finding.components.map {
            ComponentTime(
                component: table.names[Int($0.component.number)], seconds: $0.now / 1e9,
                baselineSeconds: $0.before.map { $0 / 1e9 })
        }
        self.traces = traces
        startedAt = finding.startedAt
        explainsQueue = verdict.explainsQueue
        failures = verdict.failures
    }
}

extension WindowView {
    /// Finds the evidence for each question. Requires an attributed view.
    package func evidence(
        _ questions: [EvidenceQuestion], _ components: ComponentTable, _ digests: inout SlotDigests
    ) -> [AlertEvidence] {
        digests.forgetIntervals()
        defer { digests.forgetIntervals() }
        var traces = worstTraces(questions.map(\.search), limit: AlertEvidence.tracesMax)
        // An alert about silence has no spans: take the worst requests of that time.
        let silent = questions.indices.filter { traces[$0].isEmpty }
        let others = worstTraces(
            silent.map { questions[$0].searchOfRequests(requests) }, limit: AlertEvidence.tracesMax)
        for (number, found) in zip(silent, others) { traces[number] = found }
        /// What evidence is about.
        struct Subject: Hashable {
            var comparison: Comparison
            var cluster: String
        }
        var known: [Subject: Evidence] = [:]
        let comparisons = comparisons(questions.map(\.comparison))
        return questions.indices.map { number in
            let (question, (comparison, slower)) = (questions[number], comparisons[number])
            let subject = Subject(comparison: comparison, cluster: question.cluster)
            let evidence =
                known[subject] ?? evidence(comparison, ofCluster: question.cluster, components, &digests)
            known[subject] = evidence
            var finding = culprit(
                evidence, comparison, ofCluster: question.cluster,
                requests: question.population == .requests ? question.series : nil,
                calls: question.population == .spans ? question.series : nil, parts: question.components,
                noticedOver: question.over, isAboutErrors: question.isAboutErrors, components, &digests)
            finding.startedAt = beginning(
                of: question.series, question.population, slower: slower, isAboutErrors: question.isAboutErrors,
                evidence, finding.verdict, comparison)
            if let slower = sinceYesterday(question, unless: finding.verdict, components, &digests) { finding = slower }
            return AlertEvidence(finding, traces: traces[number], components)
        }
    }

    /// The verdict from the day before, if the question is about such times or the minutes before the fault are
    /// inconclusive; nil if the day before is, too.
    private func sinceYesterday(
        _ question: EvidenceQuestion, unless verdict: Verdict, _ components: ComponentTable,
        _ digests: inout SlotDigests
    ) -> CulpritFinding? {
        guard question.looksBackHours || verdict.side == nil else { return nil }
        var finding = culpritSinceYesterday(
            question.comparison, ofCluster: question.cluster, isAboutErrors: question.isAboutErrors, components,
            &digests)
        if question.looksBackHours, verdict.side == nil { return finding }
        guard finding?.verdict.side != nil else { return nil }
        // A day ago much else was different.
        if !question.looksBackHours, finding?.verdict.certainty == .clear { finding?.verdict.certainty = .likely }
        return finding
    }
}

extension AlertEvidence {
    /// As many as anyone looks at.
    static let tracesMax = 5
}

/// Asks for the evidence of one alert at one evaluation.
package struct EvidenceQuestion: Sendable {
    /// The time of the evaluation, in Unix nanoseconds, like all times here.
    var time: Int64
    /// When the alert's condition was first found to hold.
    var activeAt: Int64
    /// The length of the rule's window, or of the shortest window in its condition, in nanoseconds.
    var over: Int64
    /// The cluster that the alert is about; empty for spans that name none.
    var cluster: String
    /// The series that the alert is about.
    package var population: Population
    var series: [Int32]
    /// Numbers of the only sources that it is about; nil for all.
    var sources: Set<UInt16>?
    /// The components whose part of requests it is about.
    var components: [Component] = []
    var isAboutErrors: Bool
    /// Whether its rule compares with hours ago.
    var looksBackHours = false
    /// When earlier faults of the cluster began and ended.
    var faults: [Range<Int64>] = []
}

extension EvidenceQuestion {
    fileprivate var comparison: ComparisonQuestion {
        ComparisonQuestion(
            time: time, noticedAt: activeAt, range: over, population: population, series: series, faults: faults)
    }

    var search: WorstSpanSearch {
        WorstSpanSearch(
            population: population, range: range, series: series, failedFirst: isAboutErrors, sources: sources)
    }

    /// Searches all requests of the cluster.
    ///
    /// - Parameter requests: labels by request number.
    func searchOfRequests(_ requests: [RequestLabels]) -> WorstSpanSearch {
        let series = requests.indices.filter { requests[$0].cluster == cluster }.map { Int32($0) }
        return WorstSpanSearch(population: .requests, range: range, series: series, failedFirst: isAboutErrors)
    }

    private var range: Range<Int64> { time.subtractingSaturating(max(over, 0))..<time }
}

/// The evidence for an interval of a query: what an alert in it would say.
package struct IntervalEvidence: Sendable {
    package var evidence: AlertEvidence
    /// Of the interval; slow ones took longer than the 99th percentile of their kind in the baseline.
    package var requests: RequestOutcomes
}

extension WindowView {
    private static let usualQuantile = 0.99

    /// Finds the evidence about a cluster for an interval. Requires an attributed view.
    ///
    /// - Parameter isWanted: by request number, the kinds that the question is about; nil if it is about all.
    package func evidence(
        _ comparison: Comparison, ofCluster cluster: String, where isWanted: [Bool]?, _ components: ComponentTable
    ) -> IntervalEvidence {
        let wanted = requests.indices.map { requests[$0].cluster == cluster && isWanted?[$0] ?? true }
        let series = wanted.indices.filter { wanted[$0] }.map { Int32($0) }
        var digests = SlotDigests()
        var finding = culprit(
            evidence(comparison, ofCluster: cluster, components, &digests), comparison, ofCluster: cluster,
            requests: isWanted.map { _ in series }, isAboutErrors: false, components, &digests)
        if isWanted != nil { finding.components = componentGrowth(ofRequests: series, comparison) }
        let worst = WorstSpanSearch(
            population: .requests, range: comparison.interval, series: series, failedFirst: false)
        let traces = worstTraces([worst], limit: AlertEvidence.tracesMax)[0]
        return IntervalEvidence(
            evidence: AlertEvidence(finding, traces: traces, components),
            requests: requestOutcomes(
                from: comparison.interval.lowerBound, to: comparison.interval.upperBound,
                slowerThan: usualDurations(comparison), where: wanted))
    }

    /// By request number, nanoseconds; kinds without requests in the baseline are never slow.
    private func usualDurations(_ comparison: Comparison) -> [Int64] {
        let each = Selection(
            groupOfSeries: requests.indices.map { Int32($0) }, groupCount: requests.count,
            quantiles: [Self.usualQuantile])
        return measure(
            .requests, from: comparison.baseline.lowerBound, to: comparison.baseline.upperBound, [each])[0]
            .map { $0.quantiles.first ?? .max }
    }
}
