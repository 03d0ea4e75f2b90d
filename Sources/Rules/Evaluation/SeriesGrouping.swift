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
    /// The selected series, group by group.
    private(set) var members: [Int32] = []
    /// For every group where its members begin, and where the last one's end.
    private(set) var memberStarts = [0]
    private var groupOfValues: [[String]: Int32] = [:]

    init(_ key: Key) {
        self.key = key
    }

    mutating func extend(from source: some MeasurementSource) {
        switch key.selector.population {
        case .spans, .selfTimes: extend(source.operations) { $0[$1] }
        case .requests, .parts: extend(source.requests) { $0[$1] }
        }
    }

    private mutating func extend<Labels>(_ series: [Labels], _ valueOf: (Labels, String) -> String?) {
        guard series.count > groupOfSeries.count else { return }
        for labels in series[groupOfSeries.count...] { append { valueOf(labels, $0) } }
        sortMembers()
    }

    /// The group of a combination of values of the `by` labels, also before any series has it.
    mutating func group(of combination: [String]) -> Int {
        let group = number(of: combination)
        sortMembers()
        return Int(group)
    }

    private mutating func number(of combination: [String]) -> Int32 {
        let group = groupOfValues[combination] ?? Int32(clamping: values.count)
        if group == values.count {
            groupOfValues[combination] = group
            values.append(combination)
        }
        return group
    }

    private mutating func append(_ valueOf: (String) -> String?) {
        guard key.selector.selects(valueOf) else {
            groupOfSeries.append(-1)
            return
        }
        let combination = key.by.map { valueOf($0) ?? "" }
        groupOfSeries.append(number(of: combination))
    }

    private mutating func sortMembers() {
        memberStarts = Array(repeating: 0, count: values.count + 1)
        for group in groupOfSeries where group >= 0 { memberStarts[Int(group) + 1] += 1 }
        for group in values.indices { memberStarts[group + 1] += memberStarts[group] }
        var next = memberStarts
        members = Array(repeating: 0, count: memberStarts[values.count])
        for (series, group) in groupOfSeries.enumerated() where group >= 0 {
            members[next[Int(group)]] = Int32(series)
            next[Int(group)] += 1
        }
    }
}
