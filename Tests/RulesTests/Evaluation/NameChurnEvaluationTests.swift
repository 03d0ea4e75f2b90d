import Engine
import TestSupport
import Testing

@testable import Rules

/// Rules over a window that forgets names and reuses their numbers, compared with a window that has room for all.
struct NameChurnEvaluationTests {
    private static let hour = 60 * minute
    private static let start = 1_767_225_600 * second

    @Test(arguments: 0..<12)
    func `alerts are those of a window that never forgets a name`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let groups = try RuleText.load(Self.rules).groups
        var forgetting = RuleEvaluator(groups)
        var remembering = RuleEvaluator(groups)
        var small = Window(limits: Self.limits(operationsMax: 60))
        var large = Window(limits: Self.limits(operationsMax: 60_000))
        var nextID: UInt64 = 1
        var time = Self.start
        var fired = 0
        for step in 0..<240 {
            var builder = BatchBuilder(firstID: nextID)
            for _ in 0..<random.number(0...12) {
                // Few names at a time, and none for long.
                let name = "operation \(step / 4 * 2 + random.number(0...3))"
                builder.add(
                    service: random.pick(["shop", "etcd"]), operation: name,
                    end: time - Int64(random.number(0...4)) * second,
                    duration: Int64(random.pick([10, 200])) * millisecond, isError: random.number(0...3) == 0)
            }
            nextID += 20
            _ = small.append(builder.batch, arrival: time, evaluatedUpTo: .min)
            _ = large.append(builder.batch, arrival: time, evaluatedUpTo: .min)
            small.foldEvicted()
            large.foldEvicted()
            time += 5 * second
            // Often long enough for everything before to be forgotten.
            if step % 8 == 7 { time += 3 * Self.hour }
            let found = forgetting.evaluate(at: time, over: small.view()).map(Self.comparable)
            let expected = remembering.evaluate(at: time, over: large.view()).map(Self.comparable)
            fired += found.count { $0.contains("firing") }
            #expect(Set(found) == Set(expected), "seed \(seed) step \(step)")
        }
        #expect(small.operations.overflowed == 0)
        #expect(small.operations.forgotten > 50)
        #expect(large.operations.forgotten == 0)
        #expect(fired > 20)
        #expect(forgetting.groupCount < remembering.groupCount, "groups of names that are gone are given up")
    }

    private static func comparable(_ transition: AlertTransition) -> String {
        let alert = transition.alert
        return "\(alert.name) \(alert.labels.sorted { $0.key < $1.key }) \(alert.state) \(alert.value ?? -1)"
    }

    private static func limits(operationsMax: Int) -> WindowLimits {
        var limits = WindowLimits(
            duration: 10 * minute, operationsMax: operationsMax, history: HistoryLimits(duration: minute))
        limits.isEndless = true
        limits.history.keepsSum = false
        return limits
    }

    private static let rules = """
        groups:
          - name: a
            interval: 5s
            rules:
              - {alert: Slow, select: {service: shop}, by: [operation], over: 20s, when: "p50 > 100ms"}
              - {alert: Failing, select: {operation: "=~ operation .*"}, by: [service, operation], over: 15s, when: "errors >= 1"}
              - {alert: All, select: {service: etcd}, by: [], over: 30s, when: "p90 > 100ms and count >= 5"}
          - name: b
            interval: 15s
            rules:
              - {alert: Some, select: {operation: "!~ .*[13579]"}, by: [operation], over: 1m, when: "max > 100ms"}

        """
}
