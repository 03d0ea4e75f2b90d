package import Engine

/// What is known about one group, for one condition.
package struct EvaluationInputs {
    package struct Range {
        /// nil if nothing is known.
        var tally: LatencyTally?
        /// Bounds of each quantile of the condition's inputs, in nanoseconds. Meaningless without spans.
        var quantiles: [ClosedRange<Int64>]
        package var max: ClosedRange<Int64>
        /// Whether this is about the durations of the rule's own spans or requests.
        let isOfDurations: Bool
        /// How many spans failed or took longer than each threshold of the condition's inputs. Meaningless without a
        /// tally.
        var bad: [Int]
        /// The slowdown ratio, or the growth; nil if there is too little to compare. Meaningless without a tally,
        /// whatever that counts.
        package var slowdown: Double?
        /// How long the measured time is, relative to the rule's window: it begins with a whole minute where that began before the
        /// spans in memory.
        var coverage = 1.0
        /// How many spans there were, including unsampled ones; nil if all arrived, or if no rule needs it.
        var scaledCount: Double?
        /// The same of `bad`.
        var scaledBad: [Double] = []
        /// Whether any spans arrived, in any group.
        var isHeard = false

        init(quantileCount: Int, thresholdCount: Int = 0, isOfDurations: Bool = true) {
            self.isOfDurations = isOfDurations
            quantiles = Array(repeating: 0...0, count: quantileCount)
            max = 0...0
            bad = Array(repeating: 0, count: thresholdCount)
        }
    }

    /// The length of the rule's window, in nanoseconds.
    var over: Int64
    /// One per range of the condition's inputs.
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

    /// The inputs of a group without spans while others have some.
    static func empty(_ inputs: ConditionInputs) -> EvaluationInputs {
        var values = EvaluationInputs(of: inputs, over: 1)
        for index in values.ranges.indices {
            values.ranges[index].tally = LatencyTally()
            values.ranges[index].isHeard = true
        }
        return values
    }

    /// Whether all ranges are known to be without spans.
    var isEmpty: Bool {
        let ranges = ranges.span
        for range in ranges.indices where ranges[range].isOfDurations && ranges[range].tally?.count != 0 {
            return false
        }
        return true
    }
}

extension EvaluationInputs.Range {
    /// Whether everything is known exactly.
    var isExact: Bool {
        guard let tally else { return false }
        return tally.count == 0 || max.isPoint && quantiles.allSatisfy(\.isPoint)
    }

    /// The ratio of bad spans, for a threshold.
    func badRatio(_ threshold: Int, of count: Double) -> Double {
        if let scaledCount, scaledCount > 0, threshold < scaledBad.count { return scaledBad[threshold] / scaledCount }
        return Double(bad[threshold]) / count
    }

    /// Fills in how many spans each measured one stands for.
    mutating func fill(scale: SampleScale) {
        guard scaledCount == nil, let tally else { return }
        scaledCount = scale.estimate(tally.count, errors: tally.errors)
        scaledBad = bad.map { scale.estimate($0, errors: tally.errors) }
    }

    /// Fills in what was measured.
    /// - Parameters:
    ///   - selection: the values in `statistics`, a superset of `wanted`.
    ///   - wanted: the condition's quantiles and thresholds for this range.
    package mutating func fill(
        _ statistics: LatencyStatistics, of selection: MeasuredValues, wanted: MeasuredValues
    ) {
        var exact = LatencyTally()
        exact.count = statistics.count
        exact.errors = statistics.errors
        exact.sum = statistics.sum
        tally = exact
        coverage = statistics.coverage
        guard statistics.count > 0 else { return }
        max = statistics.max...statistics.max
        for (index, fraction) in wanted.fractions.enumerated() {
            guard let position = selection.fractions.firstIndex(of: fraction) else {
                preconditionFailure("a quantile of the condition was not measured")
            }
            quantiles[index] = statistics.quantiles[position]...statistics.quantiles[position]
        }
        for (index, threshold) in wanted.thresholds.enumerated() {
            guard let position = selection.thresholds.firstIndex(of: threshold) else {
                preconditionFailure("a threshold of the condition was not measured")
            }
            bad[index] = statistics.bad[position]
        }
    }
}

/// What is measured for a group besides its count, errors and sum.
package struct MeasuredValues: Hashable, Sendable {
    /// The quantiles, as fractions.
    var fractions: [Double]
    /// Nanoseconds.
    var thresholds: [Int64]
    var wantsMax: Bool

    init(fractions: [Double] = [], thresholds: [Int64] = [], wantsMax: Bool = false) {
        self.fractions = fractions
        self.thresholds = thresholds
        self.wantsMax = wantsMax
    }
}

extension ConditionInputs {
    /// The values that the condition needs for a range.
    package func measured(in range: Int) -> MeasuredValues {
        MeasuredValues(fractions: quantiles[range], thresholds: thresholds[range], wantsMax: wantsMax[range])
    }
}

extension ClosedRange {
    fileprivate var isPoint: Bool { lowerBound == upperBound }
}
