import Engine

/// A value of a condition, resolved to its place in `EvaluationInputs`.
struct ResolvedValue: Sendable {
    enum Measure {
        case quantile(Int)
        case mean, max, count, rate, errors, errorRatio, seen, slowdown
        /// The number of its threshold, and the allowed ratio of bad spans, 0...1.
        case burnRate(Int, budget: Double)
        /// The share of another range's sum.
        case share(of: Int)
        /// The sum divided by the number of requests in another range.
        case time(requests: Int)
    }

    var range: Int
    var measure: Measure
}

extension ConditionInputs {
    /// Resolves a value of the condition to its place in `EvaluationInputs`.
    func resolve(_ value: WindowValue) -> ResolvedValue {
        let range = index(of: Range(value, value.measure.definition.measured[0]))
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
            case .share: .share(of: index(of: Range(value, .parts)))
            case .time: .time(requests: index(of: Range(value, .durations)))
            case .duration: preconditionFailure("a value of single spans in a condition over a window")
            }
        return ResolvedValue(range: range, measure: measure)
    }

    private func index(of range: Range) -> Int {
        guard let index = ranges.firstIndex(of: range) else {
            preconditionFailure("a value of another condition")
        }
        return index
    }
}

extension EvaluationInputs {
    /// Computes a value. Every value of a condition is computed here.
    subscript(value: ResolvedValue) -> NumberInterval {
        // A span lends its elements; an array would count references.
        let ranges = ranges.span
        switch value.measure {
        case .share(let whole): return Self.quotient(ranges[value.range].tally, ranges[whole].tally) { Double($0.sum) }
        case .time(let requests):
            return Self.quotient(ranges[value.range].tally, ranges[requests].tally) { Double($0.count) * 1e9 }
        default: break
        }
        guard let tally = ranges[value.range].tally else { return .anything }
        guard tally.count > 0 else {
            if case .seen = value.measure, ranges[value.range].isHeard { return NumberInterval(0) }
            return .missing
        }
        let count = Double(tally.count)
        return switch value.measure {
        case .quantile(let index): Self.seconds(ranges[value.range].quantiles.span[index])
        case .max: Self.seconds(ranges[value.range].max)
        case .mean: NumberInterval(Double(tally.sum) / count / 1e9)
        case .count, .seen: NumberInterval(count)
        case .rate: NumberInterval(count / (Double(over) / 1e9))
        case .errors: NumberInterval(Double(tally.errors))
        case .errorRatio: NumberInterval(Double(tally.errors) / count)
        case .burnRate(let threshold, let budget):
            NumberInterval(Double(ranges[value.range].bad[threshold]) / count / budget)
        case .slowdown: ranges[value.range].slowdown.map { NumberInterval($0) } ?? .missing
        case .share, .time: .missing
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
