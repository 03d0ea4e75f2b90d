package import Engine

/// What is known of one group, for one condition.
package struct EvaluationInputs {
    package struct Range {
        /// nil if nothing is known.
        package var tally: LatencyTally?
        /// Of each quantile of the condition's inputs its bounds, nanoseconds; they mean nothing without spans.
        package var quantiles: [ClosedRange<Int64>]
        package var max: ClosedRange<Int64>
        /// Whether it is of the rule's own spans or requests.
        let isOfDurations: Bool
        /// How many spans failed or took longer than each threshold of the condition's inputs; they mean nothing without
        /// a tally.
        package var bad: [Int]
        /// How many times as long as earlier; nil if that can't be compared. It means nothing without a tally.
        package var slowdown: Double?
        /// Whether any spans at all came, of any group.
        package var isHeard = false

        package init(quantileCount: Int, thresholdCount: Int = 0, isOfDurations: Bool = true) {
            self.isOfDurations = isOfDurations
            quantiles = Array(repeating: 0...0, count: quantileCount)
            max = 0...0
            bad = Array(repeating: 0, count: thresholdCount)
        }
    }

    /// The length of the rule's window, in nanoseconds.
    package var over: Int64
    /// One for each range of the condition's inputs.
    package var ranges: [Range]

    /// - Parameter over: the length of the rule's window, in nanoseconds.
    package init(of inputs: ConditionInputs, over: Int64) {
        self.over = over
        ranges = inputs.ranges.indices.map {
            Range(
                quantileCount: inputs.quantiles[$0].count, thresholdCount: inputs.thresholds[$0].count,
                isOfDurations: inputs.ranges[$0].measured == .durations)
        }
    }

    /// Of a group that has no spans where others have some.
    static func empty(_ inputs: ConditionInputs) -> EvaluationInputs {
        var values = EvaluationInputs(of: inputs, over: 1)
        for index in values.ranges.indices {
            values.ranges[index].tally = LatencyTally()
            values.ranges[index].isHeard = true
        }
        return values
    }

    /// Whether it is known that there are no spans in any range.
    var isEmpty: Bool {
        let ranges = ranges.span
        for range in ranges.indices where ranges[range].isOfDurations && ranges[range].tally?.count != 0 {
            return false
        }
        return true
    }
}

extension EvaluationInputs.Range {
    /// Whether all is known exactly.
    package var isExact: Bool {
        guard let tally else { return false }
        return tally.count == 0 || max.isPoint && quantiles.allSatisfy(\.isPoint)
    }

    /// Takes in what was measured.
    /// - Parameters:
    ///   - selection: what `statistics` were asked for, among it what the condition asks for.
    ///   - wanted: the condition's quantiles and thresholds of this range.
    package mutating func fill(
        _ statistics: LatencyStatistics, of selection: MeasuredValues, wanted: MeasuredValues
    ) {
        var exact = LatencyTally()
        exact.count = statistics.count
        exact.errors = statistics.errors
        exact.sum = statistics.sum
        tally = exact
        guard statistics.count > 0 else { return }
        max = statistics.max...statistics.max
        for (index, fraction) in wanted.fractions.enumerated() {
            guard let place = selection.fractions.firstIndex(of: fraction) else {
                preconditionFailure("a quantile of the condition was not measured")
            }
            quantiles[index] = statistics.quantiles[place]...statistics.quantiles[place]
        }
        for (index, threshold) in wanted.thresholds.enumerated() {
            guard let place = selection.thresholds.firstIndex(of: threshold) else {
                preconditionFailure("a threshold of the condition was not measured")
            }
            bad[index] = statistics.bad[place]
        }
    }
}

/// What is measured of a group beside its count, errors, sum and maximum.
package struct MeasuredValues: Hashable, Sendable {
    /// Of quantiles.
    package var fractions: [Double]
    /// Nanoseconds.
    package var thresholds: [Int64]

    package init(fractions: [Double] = [], thresholds: [Int64] = []) {
        self.fractions = fractions
        self.thresholds = thresholds
    }
}

extension ConditionInputs {
    /// What is wanted of a range.
    package func measured(in range: Int) -> MeasuredValues {
        MeasuredValues(fractions: quantiles[range], thresholds: thresholds[range])
    }
}

extension ClosedRange {
    fileprivate var isPoint: Bool { lowerBound == upperBound }
}
