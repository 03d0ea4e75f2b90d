import Engine

/// The groups into which a selector and its `by` labels divide the series of a population. Extended as series appear:
/// each series is matched once, and again when its number gets another name.
struct SeriesGrouping {
    /// Rules with equal keys share a grouping.
    struct Key: Hashable {
        var selector: Selector
        var by: [String]

        var isByInstance: Bool {
            by.contains(SeriesLabels.instance) || selector.matches.contains { $0.label == SeriesLabels.instance }
        }
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
    /// If the key distinguishes series by instance: its series are these pairs.
    private(set) var instances: InstanceSeries?

    init(_ key: Key) {
        self.key = key
    }

    /// - Parameter instances: the pairs of the source's series, if the key distinguishes them by instance.
    /// - Returns: whether series may have left their groups.
    mutating func extend(from source: some MeasurementSource, _ instances: InstanceSeries?) -> Bool {
        switch key.selector.population {
        case .spans, .selfTimes: extend(source.operations, source.operationBirths, instances) { $0[$1] }
        case .requests, .parts: extend(source.requests, source.requestBirths, instances) { $0[$1] }
        }
    }

    private mutating func extend<Labels>(
        _ series: [Labels], _ births: NameBirths, _ instances: InstanceSeries?,
        _ valueOf: (Labels, String) -> String?
    ) -> Bool {
        let changes = self.births.changes
        if let instances {
            guard instances !== self.instances else { return false }
            self.births = births
            regroup(series, instances, valueOf)
            return true
        }
        extend(series, births, valueOf)
        return births.changes != changes
    }

    /// Matches all pairs again, because their numbers depend on all names.
    private mutating func regroup<Labels>(
        _ series: [Labels], _ instances: InstanceSeries, _ valueOf: (Labels, String) -> String?
    ) {
        self.instances = instances
        // Most series are excluded whatever their instance.
        let isPossible = series.indices.map { number in
            !births.isVacant(number)
                && key.selector.matches.allSatisfy { match in
                    match.label == SeriesLabels.instance
                        || valueOf(series[number], match.label).map(match.matcher.accepts) ?? false
                }
        }
        groupOfSeries = instances.pairs.map { pair in
            guard isPossible[Int(pair.series)] else { return -1 }
            return group { label in
                label == SeriesLabels.instance
                    ? instances.sources[Int(pair.source)].instance : valueOf(series[Int(pair.series)], label)
            }
        }
        sortMembers()
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

    /// How many groups there are of the cluster of each of some groups.
    func clusterGroupCounts(of groups: [Int]) -> [Int] {
        guard let cluster = key.by.firstIndex(of: SeriesLabels.cluster) else { return groups.map { _ in groupCount } }
        let counts = Dictionary(groupOfValues.keys.map { ($0[cluster], 1) }, uniquingKeysWith: +)
        return groups.map { counts[values[$0][cluster], default: 1] }
    }

    /// Whether a group's number is currently unused.
    func isVacant(_ group: Int) -> Bool { isVacant[group] }

    /// The series of a group.
    func members(of group: Int) -> ArraySlice<Int32> { members[memberStarts[group]..<memberStarts[group + 1]] }

    /// The operation or request numbers of a group.
    func series(of group: Int) -> [Int32] {
        guard let instances else { return Array(members(of: group)) }
        return Set(members(of: group).map { instances.pairs[Int($0)].series }).sorted()
    }

    /// The numbers of a group's sources, if it distinguishes them.
    func sources(of group: Int) -> Set<UInt16>? {
        instances.map { instances in Set(members(of: group).map { instances.pairs[Int($0)].source }) }
    }

    /// How many series a population has, as `members` numbers them.
    func seriesCount(_ population: Population, in source: some MeasurementSource) -> Int {
        instances?.seriesCount(population) ?? source.seriesCount(population)
    }

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
