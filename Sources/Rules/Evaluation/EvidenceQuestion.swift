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
    /// The cluster that the alert is about; empty for spans that name none.
    package var cluster: String
    /// The series that the alert is about.
    package var population: Population
    package var series: [Int32]
    var isAboutErrors: Bool
}

extension EvidenceQuestion {
    var search: WorstSpanSearch {
        WorstSpanSearch(population: population, range: range, series: series, failedFirst: isAboutErrors)
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
