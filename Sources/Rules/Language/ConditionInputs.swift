package import Engine

/// What durations a value of a condition is about.
package enum Measured: Hashable, Comparable, Sendable {
    /// Those of the rule's spans or requests.
    case durations
    /// What its spans took themselves.
    case selfTimes
    /// What a component took of its requests.
    case part(Component)
    /// What all components together took of them.
    case parts

    private var order: Int {
        switch self {
        case .durations: -3
        case .selfTimes: -2
        case .parts: -1
        case .part(let component): Int(component.number)
        }
    }

    package static func < (left: Measured, right: Measured) -> Bool { left.order < right.order }
}

/// What has to be measured to evaluate a condition: for each distinct offset and kind of durations a set of quantiles
/// (counts, errors and sums come with every measurement). Of each offset the rule's own durations are among them.
package struct ConditionInputs: Hashable, Sendable {
    package struct Range: Hashable, Sendable {
        /// Nanoseconds back.
        package var offset: Int64
        package var measured: Measured
    }

    /// By offset, ascending; of each offset the rule's own durations first.
    package private(set) var ranges: [Range] = []
    /// For each range the quantiles wanted, ascending, as fractions.
    package private(set) var quantiles: [[Double]] = []
    /// For each range whether the maximum is wanted.
    package private(set) var wantsMax: [Bool] = []

    init(of expression: Expression) {
        var wanted: [Range: Set<Double>] = [:]
        var maxima: Set<Range> = []
        for (value, _) in expression.values {
            wanted[Range(offset: value.offset, measured: .durations), default: []].formUnion([])
            for measured in value.measure.measured {
                let range = Range(offset: value.offset, measured: measured)
                wanted[range, default: []].formUnion(value.measure.fraction.map { [$0] } ?? [])
                if value.measure.isMax { maxima.insert(range) }
            }
        }
        for (range, fractions) in wanted.sorted(by: {
            ($0.key.offset, $0.key.measured) < ($1.key.offset, $1.key.measured)
        }) {
            ranges.append(range)
            quantiles.append(fractions.sorted())
            wantsMax.append(maxima.contains(range))
        }
    }

    /// The range of the rule's own durations at an offset.
    func range(offset: Int64) -> Int { place(offset, .durations) }

    private func place(_ offset: Int64, _ measured: Measured) -> Int {
        guard let place = ranges.firstIndex(of: Range(offset: offset, measured: measured)) else {
            preconditionFailure("a value that is none of the condition's")
        }
        return place
    }

    /// Where a value of the condition stands in its `Readings`.
    func resolve(_ value: WindowValue) -> ResolvedValue {
        let range = place(value.offset, value.measure.measured[0])
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
            case .share: .share(of: place(value.offset, .parts))
            case .time: .time(requests: place(value.offset, .durations))
            }
        return ResolvedValue(range: range, measure: measure)
    }
}

extension Measure {
    /// What has to be measured for it, the first first.
    fileprivate var measured: [Measured] {
        switch self {
        case .quantile, .mean, .max, .count, .rate, .errors, .errorRatio: [.durations]
        case .selfQuantile, .selfMean, .selfMax: [.selfTimes]
        case .share(let part): [.part(part.component), .parts]
        case .time(let part): [.part(part.component)]
        }
    }

    fileprivate var fraction: Double? {
        switch self {
        case .quantile(let quantile), .selfQuantile(let quantile): quantile.fraction
        default: nil
        }
    }

    fileprivate var isMax: Bool { self == .max || self == .selfMax }
}
