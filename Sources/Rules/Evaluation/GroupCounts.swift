import Engine

/// What counts say about a rule's groups, with a column for each thing that its condition needs.
struct GroupCounts {
    private let grouping: SeriesGrouping
    /// Of all rules. They are read where they are: each consists of dozens of arrays, whose references would be counted.
    private let ranges: [WatchedRange]
    /// One per range of the condition.
    private let numbers: [Int]
    private let isCounted: [Bool]
    private let inputs: ConditionInputs
    /// The tally of every group, range by range.
    private var tallies: [LatencyTally] = []
    /// The count of every group including unsampled spans, for the ranges that have scales.
    private var scaledCounts: [[Double]] = []
    /// The groups whose bounds were requested.
    private(set) var kept: [Int] = []
    /// The bounds of every kept group: range by range, quantile by quantile and then the maximum, where needed.
    private var bounds: [ClosedRange<Int64>] = []
    /// The bad spans of every kept group: range by range, threshold by threshold.
    private var bad: [Int] = []
    /// The bad spans of every kept group including unsampled ones, for the ranges that have scales: range by range,
    /// threshold by threshold.
    private var scaledBad: [[[Double]]] = []

    /// - Parameters:
    ///   - ranges: of all rules.
    ///   - numbers: one per range of the condition.
    init(_ grouping: SeriesGrouping, _ ranges: [WatchedRange], _ numbers: [Int], _ inputs: ConditionInputs) {
        self.grouping = grouping
        self.ranges = ranges
        self.numbers = numbers
        self.inputs = inputs
        isCounted = numbers.map { ranges[$0].isCounted }
        tallies.reserveCapacity(numbers.count * grouping.values.count)
        for number in numbers {
            if ranges[number].isCounted {
                Self.addTallies(ranges[number].counts, grouping, to: &tallies)
            } else {
                tallies += repeatElement(LatencyTally(), count: grouping.values.count)
            }
            scaledCounts.append(scaled(number) { ranges[number].counts.tally(of: $0).count })
        }
    }

    // A separate function, so that the counts aren't copied, with all their references, for each group.
    private static func addTallies(
        _ counts: SlidingCounts, _ grouping: SeriesGrouping, to tallies: inout [LatencyTally]
    ) {
        let (members, starts) = (grouping.members.span, grouping.memberStarts.span)
        for group in grouping.values.indices {
            tallies.append(counts.tally(of: members.extracting(starts[group]..<starts[group + 1])))
        }
    }

    /// Sums, for each group, what a range has of its series, scaled by how many spans one stands for; empty if the range has
    /// no scales.
    ///
    /// - Parameter count: how many spans of a series, all of those that failed included.
    private func scaled(_ number: Int, _ count: (Span<Int32>) -> Int) -> [Double] {
        guard ranges[number].isCounted, let scales = ranges[number].scales else { return [] }
        let members = grouping.members.span
        return grouping.values.indices.map { group in
            (grouping.memberStarts[group]..<grouping.memberStarts[group + 1]).reduce(0) { sum, member in
                let series = members.extracting(member..<member + 1)
                let errors = ranges[number].counts.tally(of: series).errors
                return sum + scales[Int(members[member])].estimate(count(series), errors: errors)
            }
        }
    }

    /// Finds the bounds that the condition needs, for some of the groups.
    mutating func findBounds(of groups: [Int]) {
        kept = groups
        let (grouping, ranges) = (grouping, ranges)
        for (index, number) in numbers.enumerated() {
            let thresholds = inputs.thresholds[index].map(ranges[number].number(ofThreshold:))
            scaledBad.append(
                thresholds.map { threshold in
                    scaled(number) { ranges[number].counts.bad(of: $0, threshold: threshold) }
                })
            let quantiles = inputs.quantiles[index] + (inputs.wantsMax[index] ? [1] : [])
            addBounds(ranges[number], grouping, index, thresholds, quantiles)
        }
    }

    // A separate function, so that the counts aren't copied for each group.
    private mutating func addBounds(
        _ range: WatchedRange, _ grouping: SeriesGrouping, _ index: Int, _ thresholds: [Int], _ quantiles: [Double]
    ) {
        let counts = range.counts
        let (members, starts) = (grouping.members.span, grouping.memberStarts.span)
        for threshold in thresholds {
            for group in kept {
                let series = members.extracting(starts[group]..<starts[group + 1])
                bad.append(range.isCounted ? counts.bad(of: series, threshold: threshold) : 0)
            }
        }
        for quantile in quantiles {
            for group in kept {
                let count = tallies[index * grouping.values.count + group].count
                let series = members.extracting(starts[group]..<starts[group + 1])
                bounds.append(count == 0 ? 0...0 : counts.bounds(of: quantile, of: series, count: count))
            }
        }
    }

    func fillTallies(_ values: inout EvaluationInputs, group: Int) {
        for index in isCounted.indices where isCounted[index] {
            values.ranges[index].tally = tallies[index * grouping.values.count + group]
            values.ranges[index].scaledCount = scaledCounts[index].isEmpty ? nil : scaledCounts[index][group]
        }
    }

    /// - Parameter row: the group's index in `kept`.
    func fillBounds(_ values: inout EvaluationInputs, row: Int) {
        var next = row
        var nextBad = row
        for index in isCounted.indices {
            if !scaledCounts[index].isEmpty { values.ranges[index].scaledBad = scaledBad[index].map { $0[kept[row]] } }
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
