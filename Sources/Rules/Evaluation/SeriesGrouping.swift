import Engine

/// The groups into which a selector and its `by` labels divide the series of a population. Extended as series appear:
/// each series is matched once, and again when its number gets another name.
struct SeriesGrouping {
    /// Rules with equal keys share a grouping.
    struct Key: Hashable {
        var selector: Selector
        var by: [String]
    }

    let key: Key
    /// The group of each series, or -1 if the selector excludes it.
    private(set) var groupOfSeries: [Int32] = []
    /// Each group's values of the `by` labels.
    private(set) var values: [[String]] = []
    /// The selected series, group by group.
    private(set) var members: [Int32] = []
    /// Where each group's members begin, and where the last one's end.
    private(set) var memberStarts = [0]
    private var groupOfValues: [[String]: Int32] = [:]
    /// Whether each group's number is free for reuse.
    private var isVacant: [Bool] = []
    private var vacant: [Int32] = []
    /// The names by which series were matched.
    private(set) var births = NameBirths()

    init(_ key: Key) {
        self.key = key
    }

    mutating func extend(from source: some MeasurementSource) {
        switch key.selector.population {
        case .spans, .selfTimes: extend(source.operations, source.operationBirths) { $0[$1] }
        case .requests, .parts: extend(source.requests, source.requestBirths) { $0[$1] }
        }
    }

    private mutating func extend<Labels>(
        _ series: [Labels], _ births: NameBirths, _ valueOf: (Labels, String) -> String?
    ) {
        let changed = births.changed(since: self.births)
        self.births = births
        guard series.count > groupOfSeries.count || !changed.isEmpty else { return }
        for number in changed where number < groupOfSeries.count {
            groupOfSeries[number] = births.isVacant(number) ? -1 : group { valueOf(series[number], $0) }
        }
        for number in groupOfSeries.count..<max(series.count, groupOfSeries.count) {
            groupOfSeries.append(births.isVacant(number) ? -1 : group { valueOf(series[number], $0) })
        }
        sortMembers()
    }

    /// Frees groups without series, unless something is kept for them.
    mutating func removeEmpty(where isKept: (Int) -> Bool) {
        for group in values.indices where memberStarts[group] == memberStarts[group + 1] {
            guard !isVacant[group], !isKept(group) else { continue }
            groupOfValues[values[group]] = nil
            values[group] = []
            isVacant[group] = true
            vacant.append(Int32(group))
        }
    }

    var groupCount: Int { groupOfValues.count }

    /// Whether a group's number is currently unused.
    func isVacant(_ group: Int) -> Bool { isVacant[group] }

    /// The series of a group.
    func members(of group: Int) -> ArraySlice<Int32> { members[memberStarts[group]..<memberStarts[group + 1]] }

    /// The group of a combination of `by` values, created if no series has it yet.
    mutating func group(of combination: [String]) -> Int {
        let group = number(of: combination)
        sortMembers()
        return Int(group)
    }

    private mutating func number(of combination: [String]) -> Int32 {
        if let known = groupOfValues[combination] { return known }
        let group: Int32
        if let free = vacant.popLast() {
            group = free
            values[Int(free)] = combination
            isVacant[Int(free)] = false
        } else {
            group = Int32(clamping: values.count)
            values.append(combination)
            isVacant.append(false)
        }
        groupOfValues[combination] = group
        return group
    }

    private mutating func group(of valueOf: (String) -> String?) -> Int32 {
        guard key.selector.selects(valueOf) else { return -1 }
        return number(of: key.by.map { valueOf($0) ?? "" })
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
