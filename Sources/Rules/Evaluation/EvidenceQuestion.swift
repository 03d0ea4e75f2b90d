package import Engine

/// What evidence is asked for: an alert at one evaluation.
package struct EvidenceQuestion: Sendable {
    /// Of the evaluation, Unix nanoseconds, as all times here.
    package var time: Int64
    /// When the alert's condition was first found to hold.
    package var activeAt: Int64
    /// The length of the rule's window, or of the shortest of its condition, nanoseconds.
    package var over: Int64
    /// The series that the alert is about.
    package var population: Population
    package var series: [Int32]
    package var isAboutErrors: Bool
}

extension WindowView {
    /// The evidence for some alerts, from an attributed view.
    package func evidence(_ questions: [EvidenceQuestion], _ components: ComponentTable) -> [AlertEvidence] {
        let traces = worstTraces(questions.map(\.search), limit: AlertEvidence.tracesMax)
        var findings: [[Int64]: CulpritFinding] = [:]
        return zip(questions, traces).map { question, traces in
            let key = [question.time, question.activeAt, question.over]
            let finding =
                findings[key]
                ?? culprit(at: question.time, since: question.activeAt, range: question.over, components)
            findings[key] = finding
            return AlertEvidence(finding, traces: traces, components)
        }
    }
}

extension EvidenceQuestion {
    fileprivate var search: WorstSpanSearch {
        WorstSpanSearch(
            population: population, range: time.subtractingClamped(max(over, 0))..<time, series: series,
            failedFirst: isAboutErrors)
    }
}

extension AlertEvidence {
    /// As many as someone looks at.
    fileprivate static let tracesMax = 5
}
