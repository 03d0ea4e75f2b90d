package import Engine
import Support

/// Asks for the evidence of one alert at one evaluation.
package struct EvidenceQuestion: Sendable {
    /// The time of the evaluation, in Unix nanoseconds, like all times here.
    package var time: Int64
    /// When the alert's condition was first found to hold.
    package var activeAt: Int64
    /// The length of the rule's window, or of the shortest window in its condition, in nanoseconds.
    package var over: Int64
    /// The series that the alert is about.
    package var population: Population
    package var series: [Int32]
    var isAboutErrors: Bool
}

extension EvidenceQuestion {
    var search: WorstSpanSearch {
        WorstSpanSearch(population: population, range: range, series: series, failedFirst: isAboutErrors)
    }

    func searchOfRequests(_ count: Int) -> WorstSpanSearch {
        WorstSpanSearch(
            population: .requests, range: range, series: (0..<count).map { Int32($0) }, failedFirst: isAboutErrors)
    }

    private var range: Range<Int64> { time.subtractingSaturating(max(over, 0))..<time }
}
