package import Engine

/// What has to be measured to evaluate a condition: a set of quantiles for each distinct range and kind of durations.
/// Counts, errors and sums come with every measurement. The rule's own durations are always among the ranges. All
/// arrays have one element per range.
package struct ConditionInputs: Hashable, Sendable {
    package struct Range: Hashable, Sendable {
        /// Nanoseconds; nil for the rule's window.
        var length: Int64?
        /// Nanoseconds from the end of the range to the evaluation.
        var offset: Int64
        var measured: Measured
    }

    /// Ranges of the rule's window first, by offset; for each offset, the rule's own durations first.
    private(set) var ranges: [Range] = []
    /// The quantiles needed, as fractions, ascending.
    package private(set) var quantiles: [[Double]] = []
    /// Whether the maximum is needed.
    private(set) var wantsMax: [Bool] = []
    /// The durations beyond which a span is bad, in nanoseconds, ascending.
    package private(set) var thresholds: [[Int64]] = []
    /// Whether it matters if any spans arrived at all.
    private(set) var wantsHeard: [Bool] = []
    /// Whether the number of unsampled spans matters.
    private(set) var wantsScales: [Bool] = []
    /// Whether it is compared with earlier times.
    private(set) var isComparison: [Bool] = []

    /// No ranges, for a condition on single spans.
    init() {}

    init(of expression: Expression) {
        var measures: [Range: [Measure]] = [:]
        for (value, _) in expression.values {
            measures[Range(value, .durations), default: []] += []
            for measured in value.measure.traits.measured {
                measures[Range(value, measured), default: []].append(value.measure)
            }
        }
        for (range, measures) in measures.sorted(by: { $0.key < $1.key }) {
            ranges.append(range)
            isComparison.append(range.measured.isComparison)
            quantiles.append(Set(measures.compactMap(\.traits.quantile)).sorted())
            wantsMax.append(measures.contains(where: \.definition.needsMax))
            thresholds.append(Set(measures.compactMap(\.traits.threshold)).sorted())
            wantsHeard.append(measures.contains(where: \.definition.needsHeard))
            wantsScales.append(measures.contains(where: \.traits.computation.isScaled))
        }
    }

    /// Whether a quantile or the maximum of a range is needed.
    func wantsBuckets(_ range: Int) -> Bool { !quantiles[range].isEmpty || wantsMax[range] }

    /// The number of the range that a value is taken over; nil if the condition has no such range.
    func range(of value: WindowValue) -> Int? {
        ranges.firstIndex(of: Range(value, value.measure.traits.measured[0]))
    }
}

extension ConditionInputs.Range: Comparable {
    init(_ value: WindowValue, _ measured: Measured) {
        self.init(length: value.over, offset: value.offset, measured: measured)
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.length ?? 0, left.offset, left.measured) < (right.length ?? 0, right.offset, right.measured)
    }
}

/// Which durations a value of a condition is about.
package enum Measured: Hashable, Comparable, Sendable {
    /// The durations of the rule's spans or requests.
    case durations
    /// The self times of its spans.
    case selfTimes
    /// A component's part of its requests.
    case part(Component)
    /// The parts of all components together.
    case parts
    /// The durations of the rule's spans or requests, each series compared with itself at an earlier time.
    case slowdown(SlowdownRatio)
    /// The same compared with what is usual for it.
    case growth(GrowthStatistic)
    /// A component's part of the rule's requests, compared in the same way.
    case partGrowth(GrowthStatistic, Component)
    /// How often the rule's spans or requests fail, compared with how often they usually do.
    case errorGrowth

    /// Whether it is a ratio to an earlier time.
    var isComparison: Bool {
        switch self {
        case .slowdown, .growth, .partGrowth, .errorGrowth: true
        case .durations, .selfTimes, .part, .parts: false
        }
    }

    /// Whether it is compared with what is usual.
    var isOfUsual: Bool {
        switch self {
        case .growth, .partGrowth, .errorGrowth: true
        case .durations, .selfTimes, .part, .parts, .slowdown: false
        }
    }

    /// The component that it is about; nil for none.
    var component: Component? {
        switch self {
        case .part(let component), .partGrowth(_, let component): component
        case .durations, .selfTimes, .parts, .slowdown, .growth, .errorGrowth: nil
        }
    }

    /// Nanoseconds back to the time compared with; 0 if there is no comparison.
    var ago: Int64 { if case .slowdown(let slowdown) = self { slowdown.ago } else { 0 } }

    private var order: (Int, Int64, Double) {
        switch self {
        case .durations: (0, 0, 0)
        case .selfTimes: (1, 0, 0)
        case .parts: (2, 0, 0)
        case .part(let component): (3, Int64(component.number), 0)
        case .slowdown(let slowdown): (4, slowdown.ago, slowdown.quantile.fraction)
        case .growth(let statistic): (5, Int64(statistic.rawValue), 0)
        case .partGrowth(let statistic, let component): (6, Int64(component.number), Double(statistic.rawValue))
        case .errorGrowth: (7, 0, 0)
        }
    }

    package static func < (left: Measured, right: Measured) -> Bool { left.order < right.order }
}
