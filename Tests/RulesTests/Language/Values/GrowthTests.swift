import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `Growth` {
    private static let start = 1_767_225_600 * second

    /// Spans of one operation in a half minute.
    private struct Calls {
        var operation = "a"
        var count = 60
        var duration = 10 * millisecond
        /// Seconds of the half minute.
        var within: Range<Int64> = 0..<30
    }

    /// A window of consecutive half minutes, the calls of each spread evenly over their part of it. Durations vary by up to a tenth.
    private static func window(_ halfMinutes: [[Calls]]) -> Window {
        var window = Window(limits: WindowLimits(duration: nil))
        append(halfMinutes, to: &window)
        return window
    }

    private static func append(_ halfMinutes: [[Calls]], to window: inout Window, seed: UInt64 = 1) {
        var builder = BatchBuilder()
        var generator = SeededGenerator(seed: seed)
        for (number, calls) in halfMinutes.enumerated() {
            for calls in calls {
                for call in 0..<calls.count {
                    let length = Int64(calls.within.count) * second
                    let end =
                        (Int64(number) * 30 + calls.within.lowerBound) * second
                        + Int64(call) * length / Int64(calls.count)
                    let duration = calls.duration * Int64(generator.number(95...105)) / 100
                    builder.add(
                        service: "etcd", operation: calls.operation, end: start + end, duration: duration,
                        id: generator.next())
                }
            }
        }
        let end = start + Int64(halfMinutes.count) * 30 * second
        _ = window.append(builder.batch, arrival: end, evaluatedUpTo: .min)
    }

    private static func evaluator(_ condition: String) throws -> RuleEvaluator {
        try RuleText.evaluator("alert: Slower", "select: {service: etcd}", "when: \(condition)", "over: 30s")
    }

    /// The value at the end of the last half minute; nil for no data.
    private static func value(_ halfMinutes: [[Calls]], _ statistic: String = "p50") throws -> Double? {
        var evaluator = try evaluator("growth(\(statistic)) > 0")
        let end = start + Int64(halfMinutes.count) * 30 * second
        return evaluator.evaluate(at: end, over: window(halfMinutes).view()).first?.alert.value
    }

    private static func healthy(_ count: Int) -> [[Calls]] { Array(repeating: [Calls()], count: count) }

    @Test(arguments: ["p10", "p50", "p80", "p90", "mean"])
    func `is how much longer it takes than usual`(statistic: String) throws {
        let value = try #require(try Self.value(Self.healthy(6) + [[Calls(duration: 50 * millisecond)]], statistic))
        #expect(abs(value - 5) < 0.4)
    }

    @Test func `is 1 if only the mix has changed`() throws {
        let (pods, events) = (Calls(operation: "pods", duration: 90 * millisecond), Calls(operation: "events"))
        let before = Array(
            repeating: [Calls(operation: "pods", count: 10, duration: 90 * millisecond), events], count: 6)
        let value = try #require(try Self.value(before + [[pods, Calls(operation: "events", count: 12)]]))
        #expect(value <= 1)
    }

    @Test func `is 1 if it is no more than what health varies`() throws {
        let before = (0..<20).map { [Calls(duration: ($0 % 2 == 0 ? 10 : 40) * millisecond)] }
        #expect(try #require(try Self.value(before + [[Calls(duration: 60 * millisecond)]])) <= 1)
    }

    @Test func `doesn't take an earlier fault for usual`() throws {
        let fault = [[Calls]](repeating: [Calls(duration: 400 * millisecond)], count: 5)
        let value = try Self.value(Self.healthy(8) + fault + Self.healthy(2) + [[Calls(duration: 50 * millisecond)]])
        #expect(try #require(value) > 3)
    }

    @Test func `shows one call in five at p90 only`() throws {
        let mixed = [Calls(count: 48), Calls(count: 12, duration: 200 * millisecond)]
        #expect(try #require(try Self.value(Self.healthy(6) + [mixed], "p90")) > 10)
        #expect(try #require(try Self.value(Self.healthy(6) + [mixed], "p50")) <= 1)
    }

    @Test(arguments: [(0..<30, true), (0..<20, false)] as [(Range<Int64>, Bool)])
    func `shows at calm_p85 whether one call in five is slow all the time`(slow: Range<Int64>, isLasting: Bool) throws {
        let healthy = [[Calls]](repeating: [Calls(count: 120)], count: 6)
        let mixed = [Calls(count: 96), Calls(count: 24, duration: 200 * millisecond, within: slow)]
        #expect(try #require(try Self.value(healthy + [mixed], "p90")) > 10)
        let calm = try #require(try Self.value(healthy + [mixed], "calm_p85"))
        #expect(isLasting ? calm > 10 : calm <= 1)
    }

    @Test(arguments: [(0..<30, true), (0..<20, false)] as [(Range<Int64>, Bool)])
    func `shows at calm_p97 whether a few calls wait for lost segments all the time`(
        lost: Range<Int64>, isLasting: Bool
    ) throws {
        let healthy = [[Calls]](repeating: [Calls(count: 240)], count: 6)
        let lossy = [Calls(count: 228), Calls(count: 12, duration: 200 * millisecond, within: lost)]
        let tail = try #require(try Self.value(healthy + [lossy], "calm_p97"))
        #expect(isLasting ? tail > 10 : tail <= 1)
        #expect(try #require(try Self.value(healthy + [lossy], "calm_p85")) <= 1)
        #expect(try #require(try Self.value(healthy + [lossy], "p90")) <= 1)
    }

    @Test func `is 1 at calm_p85 if few seconds have enough calls to tell`() throws {
        let mixed = [Calls(count: 40), Calls(count: 10, duration: 200 * millisecond)]
        #expect(try #require(try Self.value(Self.healthy(6) + [mixed], "calm_p85")) == 1)
    }

    @Test(arguments: [(1, false), (8, true)])
    func `has to be larger after a short baseline`(halfMinutes: Int, isGrowth: Bool) throws {
        let value = try Self.value(Self.healthy(halfMinutes) + [[Calls(duration: 25 * millisecond)]])
        #expect(try (#require(value) > 1) == isGrowth)
    }

    @Test(arguments: [(1, true), (0, false)])
    func `is no data with nothing that shows how much health varies`(halfMinutes: Int, isKnown: Bool) throws {
        #expect(try Self.value(Self.healthy(halfMinutes) + [[Calls()]]).map { _ in true } ?? false == isKnown)
    }

    @Test(arguments: [(10, true), (5, true), (2, false)])
    func `is no data with too little to compare`(count: Int, isKnown: Bool) throws {
        #expect(try Self.value(Self.healthy(6) + [[Calls(count: count)]]).map { _ in true } ?? false == isKnown)
    }

    @Test func `of a fault that lasts doesn't end because it has become normal`() throws {
        var evaluator = try Self.evaluator("growth(p50) > 2")
        let faulty = [[Calls]](repeating: [Calls(duration: 40 * millisecond)], count: 18)
        let window = Self.window(Self.healthy(4) + faulty + Self.healthy(2))
        var states: [(halfMinute: Int64, state: AlertState)] = []
        for halfMinute in Int64(1)...24 {
            let time = Self.start + halfMinute * 30 * second
            states += evaluator.evaluate(at: time, over: window.view()).map { (halfMinute, $0.alert.state) }
        }
        #expect(states.map(\.state) == [.firing, .resolved])
        #expect(states.map(\.halfMinute) == [5, 23])
    }

    /// Half an hour in which two operations take turns at being called more often, and a third comes later.
    private static let changingMix = (0..<60).map { number in
        let (odd, even) = (number % 2 == 0 ? 20 : 70, number % 2 == 0 ? 70 : 20)
        return [
            Calls(operation: "a", count: odd), Calls(operation: "b", count: even, duration: 90 * millisecond),
            Calls(operation: "c", count: number < 30 ? 0 : 40, duration: 3 * millisecond),
        ]
    }

    @Test(arguments: [1, 4] as [Int64])
    func `is what a new rule says, however long the rule has been watching`(times: Int64) throws {
        let now = [
            Calls(operation: "a", duration: times * 10 * millisecond),
            Calls(operation: "b", duration: times * 90 * millisecond),
            Calls(operation: "c", duration: times * 3 * millisecond),
        ]
        let window = Self.window(Self.changingMix + [now])
        var watching = try Self.evaluator("growth(p50) > 0")
        for step in Int64(1)...60 * 2 {
            _ = watching.evaluate(at: Self.start + step * 15 * second, over: window.view())
        }
        var new = try Self.evaluator("growth(p50) > 0")
        let end = Self.start + 61 * 30 * second
        let expected = try #require(new.evaluate(at: end, over: window.view()).first?.alert.value)
        _ = watching.evaluate(at: end, over: window.view())
        let value = try #require(watching.numberedAlerts.first?.alert.value)
        #expect(abs(value / expected - 1) < 0.1)
        #expect(times == 1 ? value <= 1 : value > 3)
    }

    @Test func `learns from spans that come late`() throws {
        var window = Self.window(Array(repeating: [Calls(count: 12)], count: 12) + [[Calls()]])
        var evaluator = try Self.evaluator("growth(p50) > 2")
        let end = Self.start + 13 * 30 * second
        #expect(evaluator.evaluate(at: end, over: window.view()).isEmpty)
        Self.append(Array(repeating: [Calls(count: 200, duration: 1 * millisecond)], count: 12), to: &window, seed: 2)
        #expect(evaluator.evaluate(at: end + 15 * second, over: window.view()).map(\.alert.state) == [.firing])
    }
}
