import Engine
import TestSupport
import Testing

@testable import Rules

struct NumberIntervalTests {
    /// EvaluationInputs within bounds, and exact ones that agree with them.
    private static func values(
        _ condition: Condition, _ generator: inout SeededGenerator
    ) -> (bounds: EvaluationInputs, exact: [EvaluationInputs]) {
        var bounds = EvaluationInputs(of: condition.inputs, over: 40 * second)
        var exact = Array(repeating: bounds, count: 20)
        for range in bounds.ranges.indices {
            var tally = LatencyTally()
            tally.count = generator.pick([0, 1, 5, 60])
            tally.errors = generator.number(0...tally.count)
            tally.sum = Int128(tally.count) * Int128(generator.number(1...60)) * Int128(millisecond)
            let isKnown = generator.number(0...4) > 0
            bounds.ranges[range].tally = isKnown ? tally : nil
            for index in exact.indices { exact[index].ranges[range].tally = tally }
            let places = condition.inputs.quantiles[range].count
            for place in 0..<places + 1 {
                let low = Int64(generator.number(0...60)) * millisecond
                let high = low + generator.pick([0, 0, 1, 700_000])
                set(&bounds.ranges[range], place, low...high)
                for index in exact.indices {
                    let value = generator.pick([low, high, Int64.random(in: low...high, using: &generator)])
                    set(&exact[index].ranges[range], place, value...value)
                }
            }
        }
        return (bounds, exact)
    }

    private static func set(_ range: inout EvaluationInputs.Range, _ place: Int, _ bounds: ClosedRange<Int64>) {
        if place < range.quantiles.count { range.quantiles[place] = bounds } else { range.max = bounds }
    }

    @Test(arguments: 0..<300)
    func `the result for exact values is among the possible results for their bounds`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let condition = try Condition(RandomExpression.condition(depth: 3, &generator))
        for _ in 0..<20 {
            let (bounds, exact) = Self.values(condition, &generator)
            let possible = condition.judge(bounds)
            let value = condition.subjectValue(bounds)
            for values in exact {
                let truth = condition.judge(values)
                #expect(truth.isExact)
                #expect(possible.isSuperset(of: truth), "seed \(seed): \(condition.text)")
                let subject = condition.subjectValue(values)
                #expect(subject.isExact)
                #expect(!value.isExact || value == subject, "seed \(seed): \(condition.text)")
                if let number = subject.value {
                    #expect(value.low <= number && number <= value.high, "seed \(seed): \(condition.text)")
                } else {
                    #expect(value.canBeMissing, "seed \(seed): \(condition.text)")
                }
            }
        }
    }

    private static let known: [(String, TernarySet)] = [
        ("p99 > 150ms", TernarySet.fails), ("p99 > 100ms", [.holds, .fails]), ("p99 >= 99ms", .holds),
        ("p99 <= 101ms", .holds), ("p99 == 100ms", [.holds, .fails]), ("p99 != 150ms", .holds),
        ("p99 / p50 > 3", [.holds, .fails]), ("2 * p99 - p50 > 98ms", [.holds, .fails]),
        ("2 * p99 - p50 > 94ms", .holds), ("mean / (p99 - 100ms) > 1", [.holds, .fails, .noData]),
        ("p99 > 150ms or count >= 10", .holds), ("p99 > 100ms and count < 10", .fails),
    ]

    @Test(arguments: known)
    func `a condition is known as far as bounds allow`(text: String, expected: TernarySet) throws {
        let condition = try Condition(text)
        var values = EvaluationInputs(of: condition.inputs, over: minute)
        var tally = LatencyTally()
        tally.count = 10
        tally.sum = Int128(second)
        values.ranges[0].tally = tally
        // Here, a second quantile can only be p50.
        values.ranges[0].quantiles = condition.inputs.quantiles[0].map {
            $0 == 0.5 ? 30 * millisecond...104 * millisecond : 99 * millisecond...101 * millisecond
        }
        #expect(condition.judge(values) == expected)
    }
}
