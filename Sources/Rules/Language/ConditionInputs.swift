/// What has to be measured to evaluate a condition: for each distinct offset a set of quantiles
/// (counts, errors, sums and maxima come with every measurement).
package struct ConditionInputs: Hashable, Sendable {
    /// Nanoseconds back, ascending.
    package private(set) var offsets: [Int64] = []
    /// For each offset the quantiles wanted, ascending, as fractions.
    package private(set) var quantiles: [[Double]] = []

    init(of expression: Expression) {
        var wanted: [Int64: Set<Double>] = [:]
        for (value, _) in expression.values {
            wanted[value.offset, default: []].formUnion(value.measure.fraction.map { [$0] } ?? [])
        }
        for (offset, fractions) in wanted.sorted(by: { $0.key < $1.key }) {
            offsets.append(offset)
            quantiles.append(fractions.sorted())
        }
    }
}

extension Measure {
    fileprivate var fraction: Double? {
        if case .quantile(let quantile) = self { quantile.fraction } else { nil }
    }
}
