import Engine

/// The series by instance that rules ask about. Rebuilt when names change, and only if some rule asks.
struct KnownInstances {
    private struct Names: Equatable {
        var operations: NameBirths
        var requests: NameBirths
        var counts: [Int]
        var sources: [SourceLabels]
    }

    private var names: Names?
    private var spans: InstanceSeries?
    private var requests: InstanceSeries?

    /// The pairs that are a grouping's series; nil if it doesn't distinguish instances.
    mutating func of(_ key: SeriesGrouping.Key, _ source: some MeasurementSource) -> InstanceSeries? {
        guard key.isByInstance else { return nil }
        let now = Names(
            operations: source.operationBirths, requests: source.requestBirths,
            counts: [source.operations.count, source.requests.count], sources: source.sources)
        if names != now { self = KnownInstances(names: now) }
        switch key.selector.population {
        case .spans, .selfTimes:
            let known = spans ?? InstanceSeries(source.operations, source.sources)
            spans = known
            return known
        case .requests, .parts:
            let known =
                requests ?? InstanceSeries(source.requests, answeredBy: source.operations, source.sources)
            requests = known
            return known
        }
    }
}
