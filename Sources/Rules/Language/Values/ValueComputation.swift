import Engine

/// How a value is computed from what was measured.
enum ValueComputation: Hashable, Sendable {
    case quantile, mean, max, count, rate, errors, errorRatio, seen, slowdown, growth
    /// - Parameter budget: the ratio of bad spans that the objective allows, 0...1.
    case burnRate(budget: Double)
    /// The sum of the first measured durations divided by the sum of the second.
    case share
    /// The sum of the first measured durations divided by the number of the second.
    case time
    /// Of a single span: `DurationSet` finds it, and nothing is computed over a window.
    case none

    /// Whether it also counts unsampled spans.
    var isScaled: Bool {
        switch self {
        case .rate, .burnRate: true
        case .quantile, .mean, .max, .count, .errors, .errorRatio, .seen, .slowdown, .growth, .share, .time, .none:
            false
        }
    }
}

/// A value of a condition, resolved to its index in `EvaluationInputs`.
struct ResolvedValue: Sendable {
    var computation: ValueComputation
    /// The number of the range of its first measured durations.
    var range: Int
    /// The number of the range of its last measured durations.
    var whole: Int
    /// The number of its quantile or threshold in `range`.
    var index: Int
}

extension ConditionInputs {
    /// Resolves a value of the condition to its index in `EvaluationInputs`.
    func resolve(_ value: WindowValue) -> ResolvedValue {
        let traits = value.measure.traits
        let indices = traits.measured.map { measured in
            guard let index = ranges.firstIndex(of: Range(value, measured)) else {
                preconditionFailure("a value of another condition")
            }
            return index
        }
        let range = indices[0]
        let quantile = traits.quantile.flatMap { quantiles[range].firstIndex(of: $0) }
        let threshold = traits.threshold.flatMap { thresholds[range].firstIndex(of: $0) }
        return ResolvedValue(
            computation: traits.computation, range: range, whole: indices[indices.count - 1],
            index: quantile ?? threshold ?? 0)
    }
}

extension EvaluationInputs {
    /// Computes a value. Every value of a condition is computed here.
    subscript(value: ResolvedValue) -> NumberInterval {
        // A span lends its elements; an array would count references.
        let ranges = ranges.span
        switch value.computation {
        case .share:
            return Self.quotient(ranges[value.range].tally, ranges[value.whole].tally) { Double($0.sum) }
        case .time:
            return Self.quotient(ranges[value.range].tally, ranges[value.whole].tally) { Double($0.count) * 1e9 }
        default: break
        }
        guard let tally = ranges[value.range].tally else { return .anything }
        guard tally.count > 0 else {
            if case .seen = value.computation, ranges[value.range].isHeard { return NumberInterval(0) }
            return .missing
        }
        let count = Double(tally.count)
        return switch value.computation {
        case .quantile: Self.seconds(ranges[value.range].quantiles.span[value.index])
        case .max: Self.seconds(ranges[value.range].max)
        case .mean: NumberInterval(Double(tally.sum) / count / 1e9)
        case .count, .seen: NumberInterval(count)
        case .rate:
            NumberInterval(
                (ranges[value.range].scaledCount ?? count) / (Double(over) / 1e9 * ranges[value.range].coverage))
        case .errors: NumberInterval(Double(tally.errors))
        case .errorRatio: NumberInterval(Double(tally.errors) / count)
        case .burnRate(let budget): NumberInterval(ranges[value.range].badRatio(value.index, of: count) / budget)
        case .slowdown, .growth: ranges[value.range].slowdown.map { NumberInterval($0) } ?? .missing
        case .share, .time, .none: .missing
        }
    }

    /// Divides a sum by a quantity of another range. Anything is possible if either range is unknown.
    private static func quotient(
        _ part: LatencyTally?, _ whole: LatencyTally?, by divisor: (LatencyTally) -> Double
    ) -> NumberInterval {
        guard let part, let whole else { return .anything }
        let divisor = divisor(whole)
        return divisor > 0 ? NumberInterval(Double(part.sum) / divisor) : .missing
    }

    private static func seconds(_ bounds: ClosedRange<Int64>) -> NumberInterval {
        NumberInterval(between: Double(bounds.lowerBound) / 1e9, and: Double(bounds.upperBound) / 1e9)
    }
}
