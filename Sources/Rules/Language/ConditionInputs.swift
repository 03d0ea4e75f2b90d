package import Engine

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
        var definitions: [Range: [MeasureDefinition]] = [:]
        for (value, _) in expression.values {
            definitions[Range(value, .durations), default: []] += []
            let definition = value.measure.definition
            for measured in definition.measured { definitions[Range(value, measured), default: []].append(definition) }
        }
        for (range, definitions) in definitions.sorted(by: { $0.key < $1.key }) {
            ranges.append(range)
            quantiles.append(Set(definitions.compactMap(\.quantile)).sorted())
            wantsMax.append(definitions.contains(where: \.needsMax))
            thresholds.append(Set(definitions.compactMap(\.threshold)).sorted())
            wantsHeard.append(definitions.contains(where: \.needsHeard))
        }
    }

    /// The number of the range that a value is taken over; nil if it is none of the condition's.
    func range(of value: WindowValue) -> Int? {
        ranges.firstIndex(of: Range(value, value.measure.definition.measured[0]))
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
    /// Those of the rule's spans or requests, each series against itself at an earlier time.
    case slowdown(SlowdownRatio)

    /// Nanoseconds back to the time that it is compared with; 0 where there is none.
    var ago: Int64 { if case .slowdown(let slowdown) = self { slowdown.ago } else { 0 } }

    private var order: (Int, Int64, Double) {
        switch self {
        case .durations: (0, 0, 0)
        case .selfTimes: (1, 0, 0)
        case .parts: (2, 0, 0)
        case .part(let component): (3, Int64(component.number), 0)
        case .slowdown(let slowdown): (4, slowdown.ago, slowdown.quantile.fraction)
        }
    }

    package static func < (left: Measured, right: Measured) -> Bool { left.order < right.order }
}
