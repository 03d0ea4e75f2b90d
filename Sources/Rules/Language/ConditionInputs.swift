/// What has to be measured to evaluate a condition: for each distinct range a set of quantiles
/// (counts, errors and sums come with every measurement). All arrays have one element for each range.
package struct ConditionInputs: Hashable, Sendable {
    /// Nanoseconds from the end of the range to the evaluation.
    package private(set) var offsets: [Int64] = []
    /// The length of the range, nanoseconds; nil for that of the rule's window.
    package private(set) var lengths: [Int64?] = []
    /// The quantiles wanted, ascending, as fractions.
    package private(set) var quantiles: [[Double]] = []
    /// Whether the maximum is wanted.
    package private(set) var wantsMax: [Bool] = []
    /// The durations, nanoseconds, beyond which a span is bad, ascending.
    package private(set) var thresholds: [[Int64]] = []
    /// Whether it matters if anything at all was heard.
    package private(set) var wantsHeard: [Bool] = []

    /// No ranges at all: of a condition on single spans.
    init() {}

    init(of expression: Expression) {
        let values = expression.values.map(\.value)
        let ranges = Dictionary(grouping: values) { ConditionRange($0) }
        for (range, values) in ranges.sorted(by: { $0.key < $1.key }) {
            let measures = values.map(\.measure)
            offsets.append(range.offset)
            lengths.append(range.length)
            quantiles.append(Set(measures.compactMap(\.fraction)).sorted())
            wantsMax.append(measures.contains(.max))
            thresholds.append(Set(measures.compactMap(\.threshold)).sorted())
            wantsHeard.append(measures.contains(.seen))
        }
    }

    /// The number of the range that a value is taken over; nil if it is none of the condition's.
    func range(of value: WindowValue) -> Int? {
        offsets.indices.first { offsets[$0] == value.offset && lengths[$0] == value.over }
    }

    /// Where a value of the condition stands in its `Readings`.
    func resolve(_ value: WindowValue) -> ResolvedValue {
        guard let range = range(of: value) else {
            preconditionFailure("a value that is none of the condition's")
        }
        let measure: ResolvedValue.Measure =
            switch value.measure {
            case .quantile(let quantile): .quantile(quantiles[range].firstIndex(of: quantile.fraction) ?? 0)
            case .mean: .mean
            case .max: .max
            case .count: .count
            case .rate: .rate
            case .errors: .errors
            case .errorRatio: .errorRatio
            case .seen: .seen
            case .burnRate(let rate):
                .burnRate(thresholds[range].firstIndex(of: rate.threshold) ?? 0, budget: rate.budget)
            case .duration: preconditionFailure("a value of single spans in a condition over a window")
            }
        return ResolvedValue(range: range, measure: measure)
    }
}

extension Measure {
    fileprivate var fraction: Double? {
        if case .quantile(let quantile) = self { quantile.fraction } else { nil }
    }

    fileprivate var threshold: Int64? {
        if case .burnRate(let rate) = self { rate.threshold } else { nil }
    }
}

/// A range that values are taken over. Those of the rule's window come first.
private struct ConditionRange: Hashable, Comparable {
    var length: Int64?
    var offset: Int64

    init(_ value: WindowValue) {
        length = value.over
        offset = value.offset
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.length ?? 0, left.offset) < (right.length ?? 0, right.offset)
    }
}
