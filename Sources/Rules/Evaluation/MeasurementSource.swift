package import Engine

/// Where rules get their statistics from: the window, or what stands in for it in tests.
package protocol MeasurementSource {
    /// The series of `Population.spans` by number.
    var operations: [OperationLabels] { get }
    /// Tells which of them have other names than they had.
    var operationBirths: NameBirths { get }
    /// The series of `Population.requests` by number.
    var requests: [RequestLabels] { get }
    var requestBirths: NameBirths { get }

    func seriesCount(_ population: Population) -> Int

    /// Statistics of what ended in [from, to), nanoseconds since the epoch: for each selection one result per
    /// group of it. All selections of a call share one scan.
    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]]

    /// Looks at each span or request that ended in [from, to) for those of some durations (nanoseconds), by the groups of
    /// a selection.
    func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans

    /// Whether any spans at all ended in [from, to).
    func hasSpans(from: Int64, to: Int64) -> Bool

    /// Moves counts on to what ended in [from, to); false if they can't follow, so that it has to be measured.
    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool

    /// For each question what speaks for a culprit; nothing where nothing is known of whose time it was.
    func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence]
}

extension MeasurementSource {
    // Of a source whose series keep their names.
    package var operationBirths: NameBirths { NameBirths() }
    package var requestBirths: NameBirths { NameBirths() }

    package func seriesCount(_ population: Population) -> Int {
        switch population {
        case .spans, .selfTimes: operations.count
        case .requests: requests.count
        case .parts: requests.count * ComponentTable.countMax
        }
    }

    package func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence] { [] }

    /// Whether a span of any API server or etcd ended in [from, to), nanoseconds since the epoch.
    func hearsControlPlane(from: Int64, to: Int64) -> Bool {
        guard hasSpans(from: from, to: to) else { return false }
        let series = operations.map { $0.isOfControlPlane ? Int32(0) : -1 }
        let selection = Selection(groupOfSeries: series, groupCount: 1, quantiles: [])
        return measure(.spans, from: from, to: to, [selection])[0][0].count > 0
    }
}

/// A source that has from a view what it doesn't answer itself.
package protocol ViewedSource: MeasurementSource {
    var view: WindowView { get }
}

extension ViewedSource {
    package var operations: [OperationLabels] { view.operations }
    package var operationBirths: NameBirths { view.operationBirths }
    package var requests: [RequestLabels] { view.requests }
    package var requestBirths: NameBirths { view.requestBirths }

    package func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        view.measure(population, from: from, to: to, selections)
    }

    package func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans {
        view.find(population, from: from, to: to, selection, lasting: durations)
    }

    package func hasSpans(from: Int64, to: Int64) -> Bool { view.hasSpans(from: from, to: to) }

    package func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool {
        view.advance(&counts, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
    }
}

extension WindowView: MeasurementSource {
    package func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool {
        counts.advance(over: self, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
    }
}
