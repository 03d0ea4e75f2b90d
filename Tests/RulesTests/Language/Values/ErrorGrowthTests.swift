import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `The growth of errors` {
    private static let start = 1_767_225_600 * second

    /// The calls of five seconds.
    private struct Calls {
        var operation = "a"
        var count = 50
        var errors = 0
    }

    private static func window(_ slots: [[Calls]]) -> Window {
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for (number, calls) in slots.enumerated() {
            for calls in calls {
                for call in 0..<calls.count {
                    let end = Int64(number) * 5 * second + Int64(call) * 5 * second / Int64(calls.count)
                    builder.add(
                        service: "etcd", operation: calls.operation, end: start + end, isError: call < calls.errors)
                }
            }
        }
        let end = start + Int64(slots.count) * 5 * second
        _ = window.append(builder.batch, arrival: end, evaluatedUpTo: .min)
        return window
    }

    private static func evaluator(_ condition: String) throws -> RuleEvaluator {
        try RuleText.evaluator(
            interval: "5s", "alert: Fails", "select: {service: etcd}", "when: \(condition)", "over: 15s",
            "by: [operation]")
    }

    /// The value at the end of the last slot; nil for no data.
    private static func value(_ slots: [[Calls]]) throws -> Double? {
        var evaluator = try evaluator("error_growth >= 0")
        return evaluator.evaluate(at: start + Int64(slots.count) * 5 * second, over: window(slots).view())
            .first { $0.alert.labels["operation"] == "a" }?.alert.value
    }

    private static func slots(_ count: Int, errors: Int = 0, of calls: Int = 50) -> [[Calls]] {
        Array(repeating: [Calls(count: calls, errors: errors)], count: count)
    }

    @Test func `counts from where in the window it begins`() throws {
        var evaluator = try RuleText.evaluator(
            interval: "5s", "alert: Fails", "select: {service: etcd}", "when: error_growth > 1", "over: 30s")
        let window = Self.window(Self.slots(10) + Self.slots(6, errors: 5))
        var fired: [Int64] = []
        for slot in Int64(1)...16 {
            fired += evaluator.evaluate(at: Self.start + slot * 5 * second, over: window.view()).map { _ in slot }
        }
        #expect(fired == [13])
    }

    @Test func `is the ratio to the ten minutes before, in which one more failed`() throws {
        let value = try #require(try Self.value(Self.slots(40, errors: 1) + Self.slots(3, errors: 10)))
        #expect(abs(value - (30.0 / 150) / (41.0 / 2_001)) < 1e-9)
        let first = try #require(try Self.value(Self.slots(40) + Self.slots(3, errors: 3)))
        #expect(abs(first - (9.0 / 150) / (1.0 / 2_001)) < 1e-9)
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (5, 8), (0, 1)])
    func `is at most 1 if it may be chance`(before: Int, now: Int) throws {
        let value = try Self.value(Self.slots(12, errors: before) + Self.slots(3, errors: now))
        #expect(try #require(value) <= 1)
    }

    @Test(arguments: [
        ([10, 10, 10], true), ([30, 0, 0], false), ([15, 15, 0], false), ([20, 8, 2], false), ([12, 12, 6], true),
    ])
    func `is at most 1 if most fail at one moment`(errors: [Int], isGrowth: Bool) throws {
        let now = errors.map { [Calls(errors: $0)] }
        #expect(try (#require(try Self.value(Self.slots(40) + now)) > 1) == isGrowth)
    }

    @Test func `needs more failures the more groups there are`() throws {
        let (before, now) = (Self.slots(40), Self.slots(3, errors: 2))
        #expect(try #require(try Self.value(before + now)) > 1)
        let others = (0..<3_000).map { Calls(operation: "other \($0)", count: 1) }
        #expect(try #require(try Self.value(before + now.map { $0 + others })) <= 1)
    }

    @Test(arguments: [(10, true), (9, false)])
    func `is no data with too little before`(calls: Int, isKnown: Bool) throws {
        let value = try Self.value(Self.slots(1, of: calls) + Self.slots(3, errors: 50))
        #expect((value != nil) == isKnown)
    }

    @Test func `of a fault that lasts doesn't end because it has become normal`() throws {
        var evaluator = try Self.evaluator("error_ratio > 5% and error_growth > 4")
        let window = Self.window(Self.slots(40) + Self.slots(180, errors: 5) + Self.slots(20))
        var states: [(slot: Int64, state: AlertState)] = []
        for slot in Int64(1)...240 {
            states += evaluator.evaluate(at: Self.start + slot * 5 * second, over: window.view()).map {
                (slot, $0.alert.state)
            }
        }
        #expect(states.map(\.state) == [.firing, .resolved])
        #expect(states.map(\.slot) == [43, 221])
    }

    @Test func `is told apart from chance as well if there are very many`() throws {
        let usual = Self.slots(10, errors: 1_000, of: 10_000)
        #expect(try #require(try Self.value(usual + Self.slots(3, errors: 1_050, of: 10_000))) <= 1)
        #expect(try #require(try Self.value(usual + Self.slots(3, errors: 2_000, of: 10_000))) > 1.9)
    }
}
