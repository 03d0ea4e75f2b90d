package import Engine
import Support

/// What an alert adds to the fact that it fires: the culprit, and where to look.
package struct AlertEvidence: Hashable, Sendable {
    package struct Culprit: Hashable, Sendable {
        /// nil if it isn't clear.
        package var side: String?
        package var component: String?
        /// nil unless it is one of several.
        package var instance: String?
        package var certainty: Verdict.Certainty
        /// One sentence.
        package var why: String

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

    package init(culprit: Culprit, components: [ComponentTime], traces: [TraceID]) {
        self.culprit = culprit
        self.components = components
        self.traces = traces
    }

    package init(_ finding: CulpritFinding, traces: [TraceID], _ table: ComponentTable) {
        let verdict = finding.verdict
        culprit = Culprit(
            side: verdict.side?.rawValue, component: verdict.component.map { table.names[Int($0.number)] },
            certainty: verdict.certainty, why: verdict.why)
        components = finding.components.map {
            ComponentTime(
                component: table.names[Int($0.component.number)], seconds: $0.now / 1e9,
                baselineSeconds: $0.before.map { $0 / 1e9 })
        }
        self.traces = traces
    }
}

extension WindowView {
    /// Finds the evidence for each question. Requires an attributed view.
    package func evidence(_ questions: [EvidenceQuestion], _ components: ComponentTable) -> [AlertEvidence] {
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
        return zip(questions, traces).map { question, traces in
            let comparison = comparison(at: question.time, since: question.activeAt, range: question.over)
            let subject = Subject(comparison: comparison, cluster: question.cluster)
            let evidence = known[subject] ?? evidence(comparison, ofCluster: question.cluster, components)
            known[subject] = evidence
            let finding = culprit(
                evidence, comparison, requests: question.population == .requests ? question.series : nil,
                isAboutErrors: question.isAboutErrors, components)
            return AlertEvidence(finding, traces: traces, components)
        }
    }
}

extension AlertEvidence {
    /// As many as anyone looks at.
    static let tracesMax = 5
}
