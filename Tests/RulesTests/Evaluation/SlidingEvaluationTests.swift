import Engine
import TestSupport
import Testing

@testable import Rules

/// A window whose counts can't follow, so that everything is measured.
private struct ScannedWindow: ViewedSource {
    let view: WindowView

    func advance(
        _ counts: inout SlidingCounts, from: Int64, to: Int64, isWanted: [Bool], bytesMax: Int
    ) -> Bool { false }
}

/// A window that records what is measured.
private final class NotedWindow: ViewedSource {
    let view: WindowView
    private(set) var groupsMeasured = 0

    init(_ view: WindowView) {
        self.view = view
    }

    func measure(
        _ population: Population, from: Int64, to: Int64, _ selections: [Selection]
    ) -> [[LatencyStatistics]] {
        groupsMeasured += selections.reduce(0) { $0 + $1.groupCount }
        return view.measure(population, from: from, to: to, selections)
    }
}

struct SlidingEvaluationTests {
    private static let start = 1_767_225_600 * second
    private static let limits = [
        WindowLimits(duration: nil), WindowLimits(duration: 90 * second),
        WindowLimits(duration: nil, bytesMax: 200_000),
    ]

    @Test(arguments: 0..<60)
    func `spans that arrive, arrive late and leave give the same alerts as measuring all of them`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let groups = try RuleText.load(Self.rules(&generator)).groups
        var sliding = RuleEvaluator(groups)
        var scanning = RuleEvaluator(groups)
        var window = Window(limits: generator.pick(Self.limits))
        var nextID: UInt64 = 1
        var time = Self.start
        for step in 0..<60 {
            _ = window.append(
                Self.batch(step, before: time, &nextID, &generator).batch, arrival: time, evaluatedUpTo: time)
            // Now and then there is a gap in evaluations, or the rules are reloaded.
            time += 5 * second * (generator.number(0...20) == 0 ? 30 : 1)
            if generator.number(0...30) == 0 { sliding.replaceRules(groups) }
            let view = window.view()
            let found = sliding.evaluate(at: time, over: view)
            let expected = scanning.evaluate(at: time, over: ScannedWindow(view: view))
            #expect(found == expected, "seed \(seed) step \(step)")
        }
        #expect(sliding.numberedAlerts.map(\.alert) == scanning.numberedAlerts.map(\.alert), "seed \(seed)")
    }

    @Test func `groups that counts settle are not measured, and those that breach are`() throws {
        func measured(_ when: String) throws -> (groups: Int, alerts: [Double?]) {
            var evaluator = try RuleText.evaluator(
                "alert: A", "select: {service: etcd}", "when: \"\(when)\"", "over: 15s", "by: [operation]")
            var window = Window(limits: WindowLimits(duration: nil))
            var builder = BatchBuilder()
            for operation in ["Range", "Txn"] {
                for number in Int64(1)...1_000 {
                    builder.add(
                        service: "etcd", operation: operation, end: Self.start + number * millisecond,
                        duration: number * 100_000 + (operation == "Txn" ? 50 * millisecond : 0))
                }
            }
            _ = window.append(builder.batch, arrival: Self.start, evaluatedUpTo: .min)
            let noted = NotedWindow(window.view())
            let alerts = evaluator.evaluate(at: Self.start + 15 * second, over: noted).map(\.alert.value)
            return (noted.groupsMeasured, alerts)
        }
        #expect(try measured("p99 > 1s") == (0, []))
        #expect(try measured("p99 > 120ms") == (1, [0.149]))
        // Within the bucket of the first one.
        #expect(try measured("p99 > 99.1ms") == (2, [0.149]))
        #expect(try measured("mean > 60ms") == (0, [0.10005]))
        #expect(try measured("p99 > 1ms and count >= 1001") == (0, []))
    }

    private static func rules(_ generator: inout SeededGenerator) -> String {
        var text = "groups:\n"
        for (name, interval) in [("slow", "15s"), ("quick", "5s")] {
            text += "  - name: \(name)\n    interval: \(interval)\n    rules:\n"
            for number in 0..<4 {
                let select = generator.pick(["{service: etcd}", "{operation: \"=~ a|b\"}", "{kind: INTERNAL}"])
                let by = generator.pick(["[service]", "[operation]", "[service, operation]", "[]"])
                let over = generator.pick(["5s", "15s", "40s", "1m", "12s"])
                let condition = RandomExpression.condition(depth: 2, &generator)
                text += "      - {alert: \(name)\(number), select: \(select), by: \(by), over: \(over), "
                text += "for: \(generator.pick(["0s", "10s"])), when: \"\(condition)\"}\n"
            }
        }
        return text
    }

    /// Spans of the last five seconds, and a few that are late. Durations lie near the thresholds of rules.
    private static func batch(
        _ step: Int, before time: Int64, _ nextID: inout UInt64, _ generator: inout SeededGenerator
    ) -> BatchBuilder {
        var builder = BatchBuilder()
        let operations = step < 20 ? ["a", "b"] : ["a", "b", "c", "d"]
        for service in ["etcd", "apiserver"] where generator.number(0...3) > 0 {
            for _ in 0..<generator.pick([0, 3, 40]) {
                let back = generator.number(0...9) == 0 ? generator.number(0...100_000) : generator.number(0...5_000)
                let around = Int64(generator.pick([10, 30, 40, 50, 100])) * millisecond
                builder.add(
                    service: service, operation: generator.pick(operations),
                    end: time - Int64(back) * millisecond, duration: around + Int64(generator.number(-2...2)),
                    isError: generator.number(0...3) == 0, id: nextID)
                nextID += 1
            }
        }
        return builder
    }
}
