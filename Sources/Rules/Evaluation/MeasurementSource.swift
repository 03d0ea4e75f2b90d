package import Engine

/// Where rules get their statistics from: the window, or what stands in for it in tests.
package protocol MeasurementSource {
    /// The series of `Population.spans` by number. Only ever grows.
    var operations: [OperationLabels] { get }
    /// The series of `Population.requests` by number. Only ever grows.
    var requests: [RequestLabels] { get }

    /// Statistics of what ended in [from, to), nanoseconds since the epoch: for each selection one result per
    /// group of it. All selections of a call share one scan.
    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]]
}
