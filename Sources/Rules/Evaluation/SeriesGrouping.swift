import Engine

/// The groups that a selector and its `by` labels make of the series of a population, kept and extended as series
/// appear: each series is matched against the selector once.
struct SeriesGrouping {
    /// Rules with equal keys share a grouping.
    struct Key: Hashable {
        var selector: Selector
        var by: [String]
    }

    let key: Key
    /// For every series its group, or -1 for those that the selector leaves out.
    private(set) var groupOfSeries: [Int32] = []
    /// For every group its values of the `by` labels. Only ever grows.
    private(set) var values: [[String]] = []
    private var groupOfValues: [[String]: Int32] = [:]

    init(_ key: Key) {
        self.key = key
    }

    mutating func extend(from source: some MeasurementSource) {
        switch key.selector.population {
        case .spans:
            for labels in source.operations.dropFirst(groupOfSeries.count) { append { labels[$0] } }
        case .requests:
            for labels in source.requests.dropFirst(groupOfSeries.count) { append { labels[$0] } }
        }
    }

    private mutating func append(_ valueOf: (String) -> String?) {
        guard key.selector.selects(valueOf) else {
            groupOfSeries.append(-1)
            return
        }
        let combination = key.by.map { valueOf($0) ?? "" }
        let group = groupOfValues[combination] ?? Int32(clamping: values.count)
        if group == values.count {
            groupOfValues[combination] = group
            values.append(combination)
        }
        groupOfSeries.append(group)
    }
}
