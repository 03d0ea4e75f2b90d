import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `A slowdown` {
    private static let start = 1_767_225_600 * second

    /// A window of two half minutes a minute apart, each a list of operations with their count and duration.
    private static func window(
        before: [(operation: String, count: Int, duration: Int64)],
        now: [(operation: String, count: Int, duration: Int64)]
    ) -> Window {
        var window = Window(limits: WindowLimits(duration: nil))
        var builder = BatchBuilder()
        for (end, spans) in [(Int64(29), before), (89, now)] {
            for (operation, count, duration) in spans {
                for _ in 0..<count {
                    builder.add(
                        service: "etcd", operation: operation, end: start + end * second, duration: duration)
                }
            }
        }
        _ = window.append(builder.batch, arrival: start, evaluatedUpTo: .min)
        return window
    }

    /// The value that a rule with all operations in one group reports; nil for no data.
    private static func value(_ window: borrowing Window, _ condition: String = "slowdown(p50, 1m) > 0") throws
        -> Double?
    {
        var evaluator = try RuleText.evaluator(
            "alert: Slower", "select: {service: etcd}", "when: \(condition)", "over: 30s")
        return evaluator.evaluate(at: start + 90 * second, over: window.view()).first?.alert.value
    }

    @Test func `is 1 if only the mix has changed`() throws {
        let window = Self.window(
            before: [("create pods", 10, 90 * millisecond), ("create events", 90, 3 * millisecond)],
            now: [("create pods", 900, 90 * millisecond), ("create events", 90, 3 * millisecond)])
        #expect(try Self.value(window) == 1)
        #expect(try Self.value(window, "p50 > 3 * p50 offset 1m") == 0.09)
    }

    @Test func `is how much longer each takes, within a bucket`() throws {
        let window = Self.window(
            before: [("a", 10, 90 * millisecond), ("b", 90, 3 * millisecond)],
            now: [("a", 90, 360 * millisecond), ("b", 10, 12 * millisecond)])
        let value = try #require(try Self.value(window))
        #expect(abs(value - 4) < 0.05)
    }

    @Test func `leaves out series that were too rare before or are new`() throws {
        let window = Self.window(
            before: [("a", 20, 10 * millisecond), ("rare", 7, millisecond)],
            now: [("a", 20, 20 * millisecond), ("rare", 100, second), ("new", 100, second)])
        let value = try #require(try Self.value(window))
        #expect(abs(value - 2) < 0.03)
    }

    @Test(arguments: [(8, 20, true), (7, 20, false), (8, 19, false)])
    func `is no data if there is too little to compare`(before: Int, now: Int, isKnown: Bool) throws {
        let window = Self.window(
            before: [("a", before, 10 * millisecond)], now: [("a", now, 10 * millisecond)])
        #expect(try Self.value(window) == (isKnown ? 1 : nil))
    }

    @Test func `is the weighted geometric mean of the ratios of medians`() throws {
        for seed in UInt64(1)...40 {
            var generator = SeededGenerator(seed: seed)
            var builder = BatchBuilder()
            var durations: [[String: [Int64]]] = [[:], [:]]
            for half in 0...1 {
                for _ in 0..<generator.number(20...400) {
                    let operation = "operation-\(generator.number(0...9))"
                    let duration = Int64(generator.number(1...1_000)) * millisecond
                    let end = Self.start + Int64(half * 60 + generator.number(0...29)) * second
                    durations[half][operation, default: []].append(duration)
                    builder.add(service: "etcd", operation: operation, end: end, duration: duration)
                }
            }
            var window = Window(limits: WindowLimits(duration: nil))
            _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
            var (product, count) = (1.0, 0)
            for (operation, now) in durations[1] {
                guard let before = durations[0][operation], before.count >= 8 else { continue }
                let ratio = Double(Self.median(now)) / Double(Self.median(before))
                for _ in now { product *= ratio.squareRoot().squareRoot().squareRoot() }
                count += now.count
            }
            let value = try Self.value(window)
            guard count >= 20 else {
                #expect(value == nil, "seed \(seed)")
                continue
            }
            // The value to the power of an eighth of the count, within 1.1 % of each ratio.
            let found = try #require(value, "seed \(seed)")
            let low = Self.power(found / 1.012, count)
            let high = Self.power(found * 1.012, count)
            #expect(low...high ~= product, "seed \(seed)")
        }
    }

    private static func median(_ durations: [Int64]) -> Int64 { durations.sorted()[(durations.count + 1) / 2 - 1] }

    /// The count-th power of the eighth root.
    private static func power(_ value: Double, _ count: Int) -> Double {
        let root = value.squareRoot().squareRoot().squareRoot()
        return (0..<count).reduce(1) { product, _ in product * root }
    }
}
