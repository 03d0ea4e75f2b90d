package import Engine
import Support

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
    var isAboutErrors: Bool
}

extension WindowView {
    /// The evidence for some alerts, from an attributed view.
    package func evidence(_ questions: [EvidenceQuestion], _ components: ComponentTable) -> [AlertEvidence] {
        var traces = worstTraces(questions.map(\.search), limit: AlertEvidence.tracesMax)
        // An alert about silence has no spans of its own: the worst requests of that time then.
        let silent = questions.indices.filter { traces[$0].isEmpty }
        let others = worstTraces(
            silent.map { questions[$0].searchOfRequests(requests.count) }, limit: AlertEvidence.tracesMax)
        for (number, found) in zip(silent, others) { traces[number] = found }
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
        WorstSpanSearch(population: population, range: range, series: series, failedFirst: isAboutErrors)
    }

    fileprivate func searchOfRequests(_ count: Int) -> WorstSpanSearch {
        WorstSpanSearch(
            population: .requests, range: range, series: (0..<count).map { Int32($0) }, failedFirst: isAboutErrors)
    }

    private var range: Range<Int64> { time.subtractingSaturating(max(over, 0))..<time }
}

extension AlertEvidence {
    /// As many as someone looks at.
    fileprivate static let tracesMax = 5
}
