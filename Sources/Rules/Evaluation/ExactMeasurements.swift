import Engine
import Support

/// The groups that counts leave undecided, and what was measured for them: one call for each range,
/// with one selection for each grouping.
struct ExactMeasurements {
    private struct Key: Hashable {
        var range: Int
        var grouping: Int
    }

    private struct Request {
        let key: Key
        /// Ascending once measured.
        var values = MeasuredValues()
        var groups: [Int] = []
        /// When the alerts of these groups became active, Unix nanoseconds; nil for those that have none.
        var since: [Int64?] = []
        /// The index of each group in `groups`, or -1.
        var indexOfGroup: [Int32]
        /// By index in `groups`; empty for a range that is compared with earlier ones.
        var statistics: [LatencyStatistics] = []
        /// By index in `groups`; only for a range that is compared with earlier ones.
        var slowdowns: [Double?] = []
        /// How many spans each span of a group stands for, by index in `groups`; empty if all arrived.
        var scales: [SampleScale] = []
    }

    private var requests: [Request] = []
    private var requestOfKey: [Key: Int] = [:]

    /// Requests values of a group over a range, besides count, errors and sum.
    mutating func request(
        _ values: MeasuredValues, of group: Int, _ grouping: Int, groupCount: Int, in range: Int, since: Int64?
    ) {
        let key = Key(range: range, grouping: grouping)
        let number = requestOfKey[key] ?? requests.count
        if number == requests.count {
            requestOfKey[key] = number
            requests.append(Request(key: key, indexOfGroup: Array(repeating: -1, count: groupCount)))
        }
        for fraction in values.fractions where !requests[number].values.fractions.contains(fraction) {
            requests[number].values.fractions.append(fraction)
        }
        for threshold in values.thresholds where !requests[number].values.thresholds.contains(threshold) {
            requests[number].values.thresholds.append(threshold)
        }
        if values.wantsMax { requests[number].values.wantsMax = true }
        guard requests[number].indexOfGroup[group] < 0 else { return }
        requests[number].indexOfGroup[group] = Int32(clamping: requests[number].groups.count)
        requests[number].groups.append(group)
        requests[number].since.append(since)
    }

    /// Measures everything requested.
    mutating func measure(
        _ ranges: [WatchedRange], _ groupings: [SeriesGrouping], at time: Int64, over source: some MeasurementSource,
        _ usual: inout UsualGrowths
    ) {
        var growths = GrowthRequests()
        let byRange = Dictionary(grouping: requests.indices) { requests[$0].key.range }
        for (range, numbers) in byRange.sorted(by: { $0.key < $1.key }) {
            let key = ranges[range].key
            let (from, to) = ranges[range].bounds(at: time)
            let population = key.measuredPopulation
            func selections() -> [Selection] {
                numbers.map { selection(ofRequest: $0, key, groupings, over: source) }
            }
            switch key.measured {
            case .slowdown(let slowdown):
                for (number, selection) in zip(numbers, selections()) {
                    requests[number].slowdowns = slowdown.measure(
                        population, from: from, to: to, selection, over: source)
                }
            case .errorGrowth:
                for (number, selection) in zip(numbers, selections()) {
                    let (request, grouping) = (requests[number], groupings[requests[number].key.grouping])
                    requests[number].slowdowns = ErrorGrowth.measure(
                        population, from: from, to: to, selection, since: request.since,
                        groups: grouping.clusterGroupCounts(of: request.groups), over: source)
                }
            case .growth(let statistic), .partGrowth(let statistic, _):
                let asked = GrowthRange(population, from..<to, offset: key.offset)
                for number in numbers {
                    growths.add(number, question(ofRequest: number, key, groupings), statistic, of: asked)
                }
            case .durations, .selfTimes, .part, .parts:
                let selections = selections()
                let measured = source.measure(population, from: from, to: to, selections)
                for (number, statistics) in zip(numbers, measured) { requests[number].statistics = statistics }
                addScales(ranges[range].scales, numbers, selections)
            }
        }
        growths.measure(over: source, &usual) { number, times in requests[number].slowdowns = times }
    }

    private mutating func addScales(_ scales: SeriesScales?, _ numbers: [Int], _ selections: [Selection]) {
        guard let scales else { return }
        for (number, selection) in zip(numbers, selections) {
            requests[number].scales = (0..<selection.groupCount).map { group in
                let own = selection.series(of: group)
                return scales.scale(of: own) ?? SampleScale()
            }
        }
    }

    private func question(
        ofRequest number: Int, _ range: WatchedRange.Key, _ groupings: [SeriesGrouping]
    ) -> GrowthQuestion {
        let request = requests[number]
        let grouping = groupings[request.key.grouping]
        return GrowthQuestion(
            zip(request.groups, request.since).map { group, since in
                GrowthQuestion.Group(series: grouping.series(of: group, in: range), since: since)
            })
    }

    private mutating func selection(
        ofRequest number: Int, _ range: WatchedRange.Key, _ groupings: [SeriesGrouping],
        over source: some MeasurementSource
    ) -> Selection {
        requests[number].values.fractions.sort()
        let request = requests[number]
        let grouping = groupings[request.key.grouping]
        var groupOfSeries = [Int32](
            repeating: -1, count: grouping.seriesCount(range.measuredPopulation, in: source))
        for (index, group) in request.groups.enumerated() {
            for series in grouping.series(of: group, in: range) { groupOfSeries[Int(series)] = Int32(index) }
        }
        return Selection(
            groupOfSeries: groupOfSeries, groupCount: request.groups.count, quantiles: request.values.fractions,
            wantsMax: request.values.wantsMax, thresholds: request.values.thresholds, instances: grouping.instances)
    }

    /// What was measured for a requested group.
    enum Result {
        /// - Parameters:
        ///   - values: the quantiles and thresholds in the statistics. - scale: how many spans one stands for; nil if
        ///     all arrived.
        case statistics(LatencyStatistics, values: MeasuredValues, scale: SampleScale?)
        /// The ratio to earlier durations; nil if there is too little to compare.
        case comparison(Double?)
    }

    func result(of group: Int, _ grouping: Int, in range: Int) -> Result {
        guard let number = requestOfKey[Key(range: range, grouping: grouping)] else {
            preconditionFailure("a group that wasn't requested")
        }
        let request = requests[number]
        let index = Int(request.indexOfGroup[group])
        guard request.slowdowns.isEmpty else { return .comparison(request.slowdowns[index]) }
        return .statistics(
            request.statistics[index], values: request.values,
            scale: request.scales.isEmpty ? nil : request.scales[index])
    }
}

/// The growths requested in one evaluation: those of a range take one pass over the window together.
private struct GrowthRequests {
    private struct Request {
        let number: Int
        let question: GrowthQuestion
        let statistic: GrowthStatistic
    }

    private var requests: [GrowthRange: [Request]] = [:]

    mutating func add(_ number: Int, _ question: GrowthQuestion, _ statistic: GrowthStatistic, of range: GrowthRange) {
        requests[range, default: []].append(Request(number: number, question: question, statistic: statistic))
    }

    /// - Parameter body: called with the number of each request, and how many times as long as usual each group takes.
    func measure(
        over source: some MeasurementSource, _ usual: inout UsualGrowths, _ body: (_ number: Int, [Double?]) -> Void
    ) {
        let asked = Array(requests)
        let growths = source.growths(asked.map { (range: $0.key, questions: $0.value.map(\.question)) }, &usual)
        for ((_, requests), growths) in zip(asked, growths) {
            for (request, growths) in zip(requests, growths) {
                body(request.number, growths.map { $0?[request.statistic] })
            }
        }
    }
}

extension Selection {
    /// The operation or request numbers of a group. Sampling is known by these, whatever the instance.
    fileprivate func series(of group: Int) -> [Int] {
        let own = groupOfSeries.indices.filter { groupOfSeries[$0] == group }
        guard let instances else { return own }
        return Set(own.map { Int(instances.pairs[$0].series) }).sorted()
    }
}

extension SlowdownRatio {
    /// One ratio for each group of a selection, of what ended in [from, to), in Unix nanoseconds; nil if there is too
    /// little to compare.
    func measure(
        _ population: Population, from: Int64, to: Int64, _ selection: Selection, over source: some MeasurementSource
    ) -> [Double?] {
        let selected = selection.groupOfSeries.indices.filter { selection.groupOfSeries[$0] >= 0 }
        var indexOfSeries = [Int32](repeating: -1, count: selection.groupOfSeries.count)
        for (index, series) in selected.enumerated() { indexOfSeries[series] = Int32(clamping: index) }
        let each = Selection(
            groupOfSeries: indexOfSeries, groupCount: selected.count, quantiles: [quantile.fraction],
            instances: selection.instances)
        let now = source.measure(population, from: from, to: to, [each])[0]
        let before = source.measure(
            population, from: from.subtractingSaturating(ago), to: to.subtractingSaturating(ago), [each])[0]
        var counts = [Int](repeating: 0, count: selection.groupCount)
        var steps = counts
        for (index, series) in selected.enumerated() where now[index].count > 0 {
            guard before[index].count >= Self.countBeforeMin else { continue }
            let group = Int(selection.groupOfSeries[series])
            counts[group] += now[index].count
            steps[group] += now[index].count * (Self.code(now[index]) - Self.code(before[index]))
        }
        return zip(counts, steps).map { count, steps in
            count >= Self.countMin ? LatencyBucket.ratio(ofSteps: Double(steps) / Double(count)) : nil
        }
    }

    private static func code(_ statistics: LatencyStatistics) -> Int {
        Int(LatencyBucket.shared.code(statistics.quantiles[0]))
    }
}

extension EvaluationInputs.Range {
    /// Fills in what was measured.
    ///
    /// - Parameter wanted: the condition's quantiles and thresholds for this range.
    mutating func fill(_ result: ExactMeasurements.Result, wanted: MeasuredValues) {
        switch result {
        case .statistics(let statistics, let values, let scale):
            fill(statistics, of: values, wanted: wanted)
            if let scale { fill(scale: scale) }
        case .comparison(let ratio):
            tally = LatencyTally()
            tally?.count = ratio == nil ? 0 : 1
            slowdown = ratio
        }
    }
}
