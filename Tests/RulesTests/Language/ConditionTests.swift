import Engine
import TestSupport
import Testing

@testable import Rules

struct ConditionTests {
    /// EvaluationInputs of 100 spans of 1 ms to 100 ms, 10 of them errors, over 50 s; an hour ago nothing.
    private static func values(of condition: Condition, count: Int = 100) -> EvaluationInputs {
        var values = EvaluationInputs(of: condition.inputs, over: 50 * second)
        for (index, range) in condition.inputs.ranges.enumerated() {
            let fractions = condition.inputs.quantiles[index]
            var statistics = LatencyStatistics()
            if range.offset == 0, count > 0 {
                statistics.count = count
                statistics.errors = 10
                statistics.sum = 5_050_000_000
                statistics.max = 100 * millisecond
                statistics.quantiles = fractions.map { Int64(($0 * 100).rounded(.up)) * millisecond }
            }
            values.ranges[index].fill(
                statistics, of: MeasuredValues(fractions: fractions), wanted: condition.inputs.measured(in: index))
        }
        return values
    }

    private static func truth(_ holds: Bool?) -> TernarySet { holds.map { $0 ? .holds : .fails } ?? .noData }

    @Test(arguments: [
        ("p99 == 99ms", true), ("p50 == 50ms", true), ("p99.9 == 100ms", true), ("max == 100ms", true),
        ("mean == 50.5ms", true), ("count == 100", true), ("errors == 10", true),
        ("error_ratio == 10%", true),
        ("error_ratio == 0.1", true), ("rate == 2/s", true), ("rate == 2", true), ("p99 > 99ms", false),
        ("p99 >= 99ms", true), ("p99 < 99ms", false), ("p99 <= 99ms", true), ("p99 != 99ms", false),
        ("p99 - p50 == 49ms", true), ("p99 > 1.9 * p50", true), ("p99 / p50 > 190%", true),
        ("errors / count == 10%", true), ("-p99 < 0s", true), ("count / 50s == 2/s", true),
        ("count / rate == 50s", true), ("rate * mean < 0.2", true), ("not p99 > 99ms", true),
        ("2 * count - 50 * 2 == 100", true), ("p99 / (errors - 10) > 1s", nil),
        ("errors / (errors - 10) > 1", nil),
        ("p99 offset 1h > 1s", nil), ("p99 > 3 * p99 offset 1h", nil), ("count offset 1h == 1", nil),
        ("p99 > 1ms or p99 offset 1h > 1s", true), ("p99 > 1s or p99 offset 1h > 1s", nil),
        ("p99 > 1s and p99 offset 1h > 1s", false), ("p99 > 1ms and p99 offset 1h > 1s", nil),
        ("p99 offset 1h > 1s and p99 > 1s", false), ("not p99 offset 1h > 1s", nil),
    ])
    func `a condition over known spans holds, doesn't, or can't be known`(text: String, expected: Bool?)
        throws
    {
        let condition = try Condition(text)
        #expect(condition.judge(Self.values(of: condition)) == Self.truth(expected))
    }

    @Test(arguments: ["p99 > 0s", "p99 < 1s", "count == 1", "rate < 1/s", "not errors > 0"])
    func `without spans nothing is known`(text: String) throws {
        let condition = try Condition(text)
        #expect(condition.judge(Self.values(of: condition, count: 0)) == .noData)
    }

    @Test(arguments: [
        ("p99 > 1ms and count >= 100", true), ("p99 > 1ms and count > 100", nil),
        ("p99 > 1s and count >= 101", nil),
        ("101 <= count and p99 > 1s", nil), ("100 < count and p99 > 1s", nil),
        ("p99 > 1ms and errors > 1 and count >= 101", nil),
        ("p99 > 1ms and count >= 50 and count < 200", true),
        ("count > 100", false), ("count > 50", true), ("count > 100 and count >= 101", false),
        ("p99 > 1s or count >= 101", false), ("not (p99 > 1s and count >= 101)", true),
        ("p99 > 1s and (errors > 1 and count >= 101)", nil), ("p99 > 1s and count > 5 + 5", false),
        ("p99 > 1s and count offset 1h >= 5", nil),
    ])
    func `below a minimum count nothing is known`(text: String, expected: Bool?) throws {
        let condition = try Condition(text)
        #expect(condition.judge(Self.values(of: condition)) == Self.truth(expected))
    }

    @Test(arguments: [
        ("p99 > 150ms and count >= 50", "p99"), ("count >= 50 and p99 > 150ms", "p99"),
        ("count > 50", "count"),
        ("count >= 50 and count >= 60", "count"), ("not (error_ratio > 5%) or p99 > 1s", "error_ratio"),
        ("p99 / p50 > 3", "p99 / p50"), ("1s < p99", "1s"),
    ])
    func `an alert's value is the left side of the first comparison`(text: String, subject: String) throws {
        #expect(try Condition(text).subject.description == subject)
    }

    @Test func `a value is in seconds`() throws {
        let condition = try Condition("p99 > 10ms")
        #expect(condition.subjectValue(Self.values(of: condition)).value == 0.099)
        #expect(condition.subjectDimension == .time)
    }

    @Test func `a condition knows what has to be measured`() throws {
        let inputs = try Condition("p99 > 3 * p99 offset 1h and p50 > 1s and count offset 2h > 5").inputs
        #expect(inputs.ranges.map(\.offset) == [0, 60 * minute, 120 * minute])
        #expect(inputs.quantiles == [[0.5, 0.99], [0.99], []])
    }

    @Test func `all type faults of a condition are reported`() {
        let errors = #expect(throws: ConditionErrors.self) {
            try Condition("p99 > 5% and count > 1s or rate and not mean")
        }
        #expect(errors?.all.map(\.position) == [6, 21, 27, 40])
    }

    @Test(arguments: [
        ("share(authentication) > 25% and count >= 50", ["authentication"]),
        ("time(etcd) > 5ms or 3 < part_growth(p80, authorization)", ["etcd", "authorization"]),
        ("share(proxy) + share(transform) >= 50% and share(etcd) < 30%", ["proxy", "transform"]),
        ("not share(etcd) > 30%", []), ("p99 > 1s", []),
    ])
    func `is about the components that must take much time`(text: String, components: [String]) throws {
        #expect(try Condition(text).components.map { Component.builtinNames[Int($0.number)] } == components)
    }
}
