/// What has to be measured to evaluate a condition: for each distinct range and kind of durations a set of quantiles
/// (counts, errors and sums come with every measurement). The rule's own durations of a range are always among them.
/// All arrays have one element for each range.
package struct ConditionInputs: Hashable, Sendable {
    package struct Range: Hashable, Sendable {
        /// Nanoseconds; nil for the rule's window.
        package var length: Int64?
        /// Nanoseconds from the end of the range to the evaluation.
        package var offset: Int64
        package var measured: Measured
    }

    /// Those of the rule's window first, by offset; of each offset the rule's own durations first.
    package private(set) var ranges: [Range] = []
    /// The quantiles wanted, ascending, as fractions.
    package private(set) var quantiles: [[Double]] = []
    /// Whether the maximum is wanted.
    private(set) var wantsMax: [Bool] = []
    /// The durations, nanoseconds, beyond which a span is bad, ascending.
    package private(set) var thresholds: [[Int64]] = []
    /// Whether it matters if anything at all was heard.
    private(set) var wantsHeard: [Bool] = []

    /// No ranges at all: of a condition on single spans.
    init() {}

    init(of expression: Expression) {
        var measures: [Range: [Measure]] = [:]
        for (value, _) in expression.values {
            measures[Range(value, .durations), default: []] += []
            for measured in value.measure.measured {
                measures[Range(value, measured), default: []].append(value.measure)
            }
        }
        for (range, measures) in measures.sorted(by: { $0.key < $1.key }) {
            ranges.append(range)
            quantiles.append(Set(measures.compactMap(\.fraction)).sorted())
            wantsMax.append(measures.contains { $0 == .max || $0 == .selfMax })
            thresholds.append(Set(measures.compactMap(\.threshold)).sorted())
            wantsHeard.append(measures.contains(.seen))
        }
    }

    /// The number of the range that a value is taken over; nil if it is none of the condition's.
    func range(of value: WindowValue) -> Int? { ranges.firstIndex(of: Range(value, value.measure.measured[0])) }

    /// Where a value of the condition stands in its `EvaluationInputs`.
    func resolve(_ value: WindowValue) -> ResolvedValue {
        let range = place(of: Range(value, value.measure.measured[0]))
        let measure: ResolvedValue.Measure =
            switch value.measure {
            case .quantile(let quantile), .selfQuantile(let quantile):
                .quantile(quantiles[range].firstIndex(of: quantile.fraction) ?? 0)
            case .mean, .selfMean: .mean
            case .max, .selfMax: .max
            case .count: .count
            case .rate: .rate
            case .errors: .errors
            case .errorRatio: .errorRatio
            case .seen: .seen
            case .slowdown: .slowdown
            case .burnRate(let rate):
                .burnRate(thresholds[range].firstIndex(of: rate.threshold) ?? 0, budget: rate.budget)
            case .share: .share(of: place(of: Range(value, .parts)))
            case .time: .time(requests: place(of: Range(value, .durations)))
            case .duration: preconditionFailure("a value of single spans in a condition over a window")
            }
        return ResolvedValue(range: range, measure: measure)
    }

    private func place(of range: Range) -> Int {
        guard let place = ranges.firstIndex(of: range) else {
            preconditionFailure("a value that is none of the condition's")
        }
        return place
    }
}

extension ConditionInputs.Range: Comparable {
    fileprivate init(_ value: WindowValue, _ measured: Measured) {
        self.init(length: value.over, offset: value.offset, measured: measured)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.length ?? 0, left.offset, left.measured) < (right.length ?? 0, right.offset, right.measured)
    }
}

extension Measure {
    fileprivate var fraction: Double? {
        switch self {
        case .quantile(let quantile), .selfQuantile(let quantile): quantile.fraction
        default: nil
        }
    }

    fileprivate var threshold: Int64? {
        if case .burnRate(let rate) = self { rate.threshold } else { nil }
    }
}
