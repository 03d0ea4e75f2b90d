package import Engine

/// Where rules get their statistics: the window, or its stand-in in tests.
package protocol MeasurementSource {
    /// The series of `Population.spans`, by number.
    var operations: [OperationLabels] { get }
    /// Tells which of them have changed their names.
    var operationBirths: NameBirths { get }
    /// The series of `Population.requests`, by number.
    var requests: [RequestLabels] { get }
    var requestBirths: NameBirths { get }
    /// Who sent the spans, by source number.
    var sources: [SourceLabels] { get }

    func seriesCount(_ population: Population) -> Int

    /// Statistics of what ended in [from, to), in nanoseconds since the epoch: one result for each group of each
    /// selection. All selections of a call share one scan.
    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]]

    /// How many times as long as usual what ended in some ranges takes, by group of each question; nil if there is too little
    /// to compare.
    ///
    /// - Parameter usual: what is known about earlier times.
    func growths(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths
    ) -> [[[Growths?]]]

    /// Finds spans or requests that ended in [from, to) with certain durations, in nanoseconds, by the groups of a
    /// selection.
    func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans

    /// Whether any spans ended in [from, to).
    func hasSpans(from: Int64, to: Int64) -> Bool

    /// Whether any spans ended in [from, to), and enough is known of that time that a series without spans was silent.
    func hears(from: Int64, to: Int64, isByInstance: Bool) -> Bool

    /// How many spans or requests each one that ended in [from, to) stands for, in nanoseconds since the epoch; nil if
    /// all arrived.
    func scales(_ population: Population, from: Int64, to: Int64) -> SeriesScales?

    /// Moves counts forward to what ended in [from, to). Returns false if they can't follow, so that it must be
    /// measured.
    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool

    /// Counts the requests that ended in [from, to), in nanoseconds since the epoch; by request number, `thresholds` are
    /// durations, and `isWanted` says which kinds count.
    func requestOutcomes(
        from: Int64, to: Int64, slowerThan thresholds: [Int64], where isWanted: [Bool]
    ) -> RequestOutcomes

    /// Bytes of what it keeps to compare with, besides the window.
    var comparedByteCount: Int { get }

    /// Spans that ended before this may have been evicted, in nanoseconds since the epoch.
    var horizon: Int64 { get }

    /// What each API server and etcd did in [from, to), in nanoseconds since the epoch.
    func activity(from: Int64, to: Int64, sourcesMax: Int) -> [SourceActivity]

    /// The evidence for each question; empty if there is no attribution.
    func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence]
}

extension MeasurementSource {
    // For a source whose series keep their names.
    package var operationBirths: NameBirths { NameBirths() }
    package var requestBirths: NameBirths { NameBirths() }
    package var sources: [SourceLabels] { [] }

    package func seriesCount(_ population: Population) -> Int {
        population.seriesCount(operations: operations.count, requests: requests.count)
    }

    package func evidence(_ questions: [EvidenceQuestion]) -> [AlertEvidence] { [] }

    package var horizon: Int64 { .min }

    package var comparedByteCount: Int { 0 }

    package func activity(from: Int64, to: Int64, sourcesMax: Int) -> [SourceActivity] { [] }

    package func scales(_ population: Population, from: Int64, to: Int64) -> SeriesScales? { nil }

    package func growths(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths
    ) -> [[[Growths?]]] {
        asked.map { $0.questions.map { $0.groups.map { _ in nil } } }
    }

    /// The clusters of which a span ended in [from, to), in nanoseconds since the epoch; nil if no two are known.
    func heardClusters(from: Int64, to: Int64) -> Set<String>? {
        let known = Set(operations.map(\.cluster)).sorted()
        guard known.count > 1 else { return nil }
        let numbers = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, Int32($0)) })
        let selection = Selection(
            groupOfSeries: operations.map { numbers[$0.cluster] ?? -1 }, groupCount: known.count, quantiles: [],
            wantsMax: false)
        let found = measure(.spans, from: from, to: to, [selection])[0]
        return Set(zip(known, found).filter { $1.count > 0 }.map(\.0))
    }

    /// Whether a span of any API server or etcd of a cluster ended in [from, to), in nanoseconds since the epoch.
    func hearsControlPlane(of cluster: String, from: Int64, to: Int64) -> Bool {
        guard hasSpans(from: from, to: to) else { return false }
        let series = operations.map { $0.isOfControlPlane && $0.cluster == cluster ? Int32(0) : -1 }
        let selection = Selection(groupOfSeries: series, groupCount: 1, quantiles: [], wantsMax: false)
        return measure(.spans, from: from, to: to, [selection])[0][0].count > 0
    }
}

/// A source that forwards to a view what it doesn't answer itself.
package protocol ViewedSource: MeasurementSource {
    var view: WindowView { get }
}

extension ViewedSource {
    package var operations: [OperationLabels] { view.operations }
    package var operationBirths: NameBirths { view.operationBirths }
    package var requests: [RequestLabels] { view.requests }
    package var requestBirths: NameBirths { view.requestBirths }
    package var sources: [SourceLabels] { view.sources }

    package func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        view.measure(population, from: from, to: to, selections)
    }

    package func growths(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths
    ) -> [[[Growths?]]] {
        view.growths(asked, &usual)
    }

    package func find(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection,
        lasting durations: [ClosedRange<Int64>]
    ) -> FoundSpans {
        view.find(population, from: from, to: to, selection, lasting: durations)
    }

    package func hasSpans(from: Int64, to: Int64) -> Bool { view.hasSpans(from: from, to: to) }

    package func hears(from: Int64, to: Int64, isByInstance: Bool) -> Bool {
        view.hears(from: from, to: to, isByInstance: isByInstance)
    }

    package func scales(_ population: Population, from: Int64, to: Int64) -> SeriesScales? {
        view.scales(population, in: from..<max(from, to))
    }

    package var horizon: Int64 { view.horizon }

    package func activity(from: Int64, to: Int64, sourcesMax: Int) -> [SourceActivity] {
        view.activity(from: from, to: to, sourcesMax: sourcesMax)
    }

    package func requestOutcomes(
        from: Int64, to: Int64, slowerThan thresholds: [Int64], where isWanted: [Bool]
    ) -> RequestOutcomes {
        view.requestOutcomes(from: from, to: to, slowerThan: thresholds, where: isWanted)
    }

    package func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool {
        view.advance(&counts, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
    }
}

extension WindowView: MeasurementSource {
    package func growths(
        _ asked: [(range: GrowthRange, questions: [GrowthQuestion])], _ usual: inout UsualGrowths
    ) -> [[[Growths?]]] {
        growths(asked, &usual, usesCores: false)
    }

    package func scales(_ population: Population, from: Int64, to: Int64) -> SeriesScales? {
        scales(population, in: from..<max(from, to))
    }

    package func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool {
        counts.advance(over: self, from: from, to: to, isWanted: isWanted, bytesMax: bytesMax)
    }
}
