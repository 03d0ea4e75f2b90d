/// What has to be measured to evaluate a condition: for each distinct offset a set of quantiles
/// (counts, errors and sums come with every measurement).
package struct ConditionInputs: Hashable, Sendable {
    /// Nanoseconds back, ascending.
    package private(set) var offsets: [Int64] = []
    /// For each offset the quantiles wanted, ascending, as fractions.
    package private(set) var quantiles: [[Double]] = []
    /// For each offset whether the maximum is wanted.
    package private(set) var wantsMax: [Bool] = []

    init(of expression: Expression) {
        var wanted: [Int64: Set<Double>] = [:]
        var maxima: Set<Int64> = []
        for (value, _) in expression.values {
            wanted[value.offset, default: []].formUnion(value.measure.fraction.map { [$0] } ?? [])
            if value.measure == .max { maxima.insert(value.offset) }
        }
        for (offset, fractions) in wanted.sorted(by: { $0.key < $1.key }) {
            offsets.append(offset)
            quantiles.append(fractions.sorted())
            wantsMax.append(maxima.contains(offset))
        }
    }

    /// Where a value of the condition stands in its `Readings`.
    func resolve(_ value: WindowValue) -> ResolvedValue {
        guard let range = offsets.firstIndex(of: value.offset) else {
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
            }
        return ResolvedValue(range: range, measure: measure)
    }
}

extension Measure {
    fileprivate var fraction: Double? {
        if case .quantile(let quantile) = self { quantile.fraction } else { nil }
    }
}
