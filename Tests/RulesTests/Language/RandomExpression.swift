import Engine
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
        let offset = generator.pick([0, 0, minute, 90 * second, 7 * 86_400 * second + 1])
        return Expression(.value(WindowValue(generator.pick(measures), offset: offset)))
    }

    private static let measures =
        ["mean", "max", "count", "rate", "errors", "error_ratio", "seen"]
        .map(ValueTable.measure)
        + [
            measure("p", .percentile("50")), measure("p", .percentile("99.9")),
            measure("burn_rate", .objective("99.95"), .duration(90 * millisecond), .duration(5 * minute)),
            measure("slowdown", .percentile("99.9"), .duration(90 * second)), measure("growth", .statistic(.mean)),
        ]

    private static func measure(_ name: String, _ arguments: ValueArgument?...) -> Measure {
        guard let definition = ValueTable.all.first(where: { $0.name == name }) else { preconditionFailure(name) }
        return Measure(definition, ValueArguments(arguments.compactMap(\.self)))
    }
}

extension ValueArgument {
    fileprivate static func percentile(_ text: String) -> ValueArgument? {
        Quantile(percent: text).map { .percentile($0) }
    }

    fileprivate static func objective(_ text: String) -> ValueArgument? {
        Objective(percent: text).map { .objective($0) }
    }
}
