package import Engine

/// What an alert says beside that it fires: whose fault it is, and where to look.
package struct AlertEvidence: Hashable, Sendable {
    package struct Culprit: Hashable, Sendable {
        /// nil where it is not clear.
        package var side: String?
        package var component: String?
        package var certainty: Verdict.Certainty
        /// One sentence.
        package var why: String

        package init(side: String?, component: String?, certainty: Verdict.Certainty, why: String) {
            self.side = side
            self.component = component
            self.certainty = certainty
            self.why = why
        }

        /// `etcd (clear): its own handlers took …`, as `{{ $culprit }}` and the annotation say it.
        package var text: String {
            guard let side else { return "not clear: \(why)" }
            // The sentence begins with the side.
            let reason = why.hasPrefix("\(side): ") ? String(why.dropFirst(side.count + 2)) : why
            return "\(side) (\(certainty.rawValue)): \(reason)"
        }
    }

    /// What a component takes of the mean request, in seconds.
    package struct ComponentTime: Hashable, Sendable {
        package var component: String
        package var seconds: Double
        /// nil where no request is known from before.
        package var baselineSeconds: Double?

        package init(component: String, seconds: Double, baselineSeconds: Double?) {
            self.component = component
            self.seconds = seconds
            self.baselineSeconds = baselineSeconds
        }
    }

    package var culprit: Culprit
    /// Those that grew most first.
    package var components: [ComponentTime]
    /// Of the worst requests, the worst first.
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
