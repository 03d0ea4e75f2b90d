import Engine

/// What counts say about a rule's groups, with a column for each thing that its condition needs. The references to a
/// range's counts are taken once for all groups.
struct GroupCounts {
    private let grouping: SeriesGrouping
    private let ranges: [WatchedRange]
    private let isCounted: [Bool]
    private let inputs: ConditionInputs
    /// The tally of every group, range by range.
    private var tallies: [LatencyTally] = []
    /// The groups whose bounds were requested.
    private(set) var kept: [Int] = []
    /// The bounds of every kept group: range by range, quantile by quantile and then the maximum, where needed.
    private var bounds: [ClosedRange<Int64>] = []
    /// The bad spans of every kept group: range by range, threshold by threshold.
    private var bad: [Int] = []

    /// - Parameter ranges: one per range of the condition.
    init(_ grouping: SeriesGrouping, _ ranges: [WatchedRange], _ inputs: ConditionInputs) {
        self.grouping = grouping
        self.ranges = ranges
        self.inputs = inputs
        isCounted = ranges.map(\.isCounted)
        let members = grouping.members.span
        let starts = grouping.memberStarts.span
        tallies.reserveCapacity(ranges.count * grouping.values.count)
        for range in ranges {
            let counts = range.counts
            for group in grouping.values.indices {
                let series = members.extracting(starts[group]..<starts[group + 1])
                tallies.append(range.isCounted ? counts.tally(of: series) : LatencyTally())
            }
        }
    }

    /// Finds the bounds that the condition needs, for some of the groups.
    mutating func findBounds(of groups: [Int]) {
        kept = groups
        let grouping = grouping
        let members = grouping.members.span
        let starts = grouping.memberStarts.span
        for (index, range) in ranges.enumerated() {
            let counts = range.counts
            for threshold in inputs.thresholds[index].map(range.number(ofThreshold:)) {
                for group in kept {
                    let series = members.extracting(starts[group]..<starts[group + 1])
                    bad.append(range.isCounted ? counts.bad(of: series, threshold: threshold) : 0)
                }
            }
            for quantile in inputs.quantiles[index] + (inputs.wantsMax[index] ? [1] : []) {
                for group in kept {
                    let count = tallies[index * grouping.values.count + group].count
                    let series = members.extracting(starts[group]..<starts[group + 1])
                    bounds.append(count == 0 ? 0...0 : counts.bounds(of: quantile, of: series, count: count))
                }
            }
        }
    }

    func fillTallies(_ values: inout EvaluationInputs, group: Int) {
        for index in isCounted.indices where isCounted[index] {
            values.ranges[index].tally = tallies[index * grouping.values.count + group]
        }
    }

    /// - Parameter row: the group's index in `kept`.
    func fillBounds(_ values: inout EvaluationInputs, row: Int) {
        var next = row
        var nextBad = row
        for index in isCounted.indices {
            for wanted in values.ranges[index].bad.indices {
                values.ranges[index].bad[wanted] = bad[nextBad]
                nextBad += kept.count
            }
            for wanted in values.ranges[index].quantiles.indices {
                values.ranges[index].quantiles[wanted] = bounds[next]
                next += kept.count
            }
            if inputs.wantsMax[index] {
                values.ranges[index].max = bounds[next]
                next += kept.count
            }
        }
    }
}
