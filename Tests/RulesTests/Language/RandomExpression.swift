import TestSupport

@testable import Rules

/// Expressions for properties.
enum RandomExpression {
    private static let literals = [
        Literal(dimension: .time, value: 0.15, text: "150ms"),
        Literal(dimension: .time, value: 5400, text: "1h30m"),
        Literal(dimension: .ratio, value: 0.6, text: "60%"),
        Literal(dimension: .rate, value: 50, text: "50/s"),
        Literal(dimension: .plain, value: 3, text: "3"),
        Literal(dimension: .plain, value: 0.25, text: "0.25"),
    ]

    /// Any expression at all, well typed or not.
    static func make(depth: Int, _ generator: inout SeededGenerator) -> Expression {
        guard depth > 0 else { return leaf(&generator) }
        let choice = generator.number(0...6)
        switch choice {
        case 0: return leaf(&generator)
        case 1: return Expression(.negative(make(depth: depth - 1, &generator)))
        case 2: return Expression(.not(make(depth: depth - 1, &generator)))
        default:
            let left = make(depth: depth - 1, &generator)
            let right = make(depth: depth - 1, &generator)
            switch choice {
            case 3, 4:
                return Expression(.arithmetic(generator.pick(ArithmeticOperator.allCases), left, right))
            case 5: return Expression(.comparison(generator.pick(ComparisonOperator.allCases), left, right))
            default: return Expression(.logic(generator.pick(LogicOperator.allCases), left, right))
            }
        }
    }

    /// A condition that a rule may have: comparisons of times, counts and ratios joined by logic.
    static func condition(depth: Int, _ generator: inout SeededGenerator) -> String {
        while true {
            let text = logic(depth: depth, &generator) { comparison(&$0) }
            if (try? Condition(text)) != nil { return text }
        }
    }

    /// Comparisons joined by logic, whether they can hold or not.
    static func logic(
        depth: Int, _ generator: inout SeededGenerator, of comparison: (inout SeededGenerator) -> String
    ) -> String {
        guard depth > 0 else { return comparison(&generator) }
        switch generator.number(0...3) {
        case 0: return comparison(&generator)
        case 1: return "not (\(logic(depth: depth - 1, &generator, of: comparison)))"
        default:
            let word = generator.pick(["and", "or"])
            let left = logic(depth: depth - 1, &generator, of: comparison)
            return "(\(left)) \(word) (\(logic(depth: depth - 1, &generator, of: comparison)))"
        }
    }

    private static func comparison(_ generator: inout SeededGenerator) -> String {
        let sign = generator.pick(ComparisonOperator.allCases).rawValue
        let offset = generator.pick(["", "", " offset 20s", " offset 1m"])
        return generator.pick([
            "p50\(offset) \(sign) 40ms", "p99\(offset) \(sign) 1.5 * p50",
            "mean \(sign) 30ms + p90\(offset) / 2",
            "max - p50\(offset) \(sign) 50ms", "error_ratio\(offset) \(sign) 20%", "errors \(sign) 2",
            "count\(offset) + 1 \(sign) 4", "rate \(sign) 0.1/s", "p99 / p50\(offset) \(sign) 2",
            "errors / count\(offset) \(sign) 50%", "p90 / (errors - 1) \(sign) 10ms",
            "burn_rate(60%, 40ms, 30s)\(offset) \(sign) 1.5",
            "burn_rate(99.9%, 50ms, 1m) \(sign) burn_rate(99%, 10ms, 5s)",
            "seen\(offset) \(sign) 1", "seen\(offset) == 0 and rate offset 30s > 0.1/s",
        ])
    }

    private static func leaf(_ generator: inout SeededGenerator) -> Expression {
        if generator.number(0...1) == 0 { return Expression(.literal(generator.pick(literals))) }
        let name = generator.pick(["p50", "p99.9", "mean", "max", "count", "rate", "errors", "error_ratio", "seen"])
        let rate = BurnRate(objectivePercent: "99.95", threshold: 90 * millisecond, over: 5 * minute)
        let offset = generator.pick([0, 0, minute, 90 * second, 7 * 86_400 * second + 1])
        let measure: Measure? =
            switch generator.number(0...8) {
            case 0: rate.map { .burnRate($0) }
            case 1: Quantile(percent: "99.9").map { .slowdown(Slowdown(quantile: $0, ago: 90 * second)) }
            default: Measure(name: name)
            }
        return Expression(.value(WindowValue(measure ?? .mean, offset: offset)))
    }
}
