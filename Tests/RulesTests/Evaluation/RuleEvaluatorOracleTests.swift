import Engine
import TestSupport
import Testing

@testable import Rules

struct RuleEvaluatorOracleTests {
    private static let services = ["etcd", "apiserver"]
    private static let operations = ["a", "b", "c"]

    @Test(arguments: 0..<60)
    func `random rules over random spans give the alerts that a naive evaluation gives`(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let condition = RandomExpression.condition(depth: 2, &generator)
        let select = generator.pick([
            "service: etcd", "operation: \"=~ a|b\"", "service: \"!= etcd\"", "kind: SERVER",
        ])
        let by = generator.pick(["[service]", "[operation]", "[service, operation]", "[]"])
        let text = RuleText.group([
            "alert: A", "select: {\(select)}", "when: \"\(condition)\"",
            "over: \(generator.pick(["15s", "40s", "1m"]))", "by: \(by)",
            "for: \(generator.pick(["0s", "15s", "40s"]))",
            "keep_firing_for: \(generator.pick(["0s", "20s", "30s"]))",
        ])
        let groups = try RuleText.load(text).groups
        let rule = try #require(groups.first?.rules.first)
        let window = Self.window(&generator)
        let times = (0...20).map { Int64($0) * 15 * second }

        var evaluator = RuleEvaluator(groups)
        var found: [[String: String]: [String]] = [:]
        for time in times {
            for transition in evaluator.evaluate(at: time, over: window) {
                found[transition.alert.labels, default: []].append(
                    "\(time / second) \(transition.alert.state)")
            }
        }

        var expected: [[String: String]: [String]] = [:]
        let selected = window.operations.filter { labels in rule.selector.selects { labels[$0] } }
        for combination in Set(selected.map { labels in rule.by.map { labels[$0] ?? "" } }) {
            let history = NaiveEvaluation.history(rule, combination, window, times)
            let changes = NaiveEvaluation.states(history, times, rule).map {
                "\($0.time / second) \($0.state)"
            }
            let labels = Dictionary(uniqueKeysWithValues: zip(rule.by, combination))
            if !changes.isEmpty { expected[labels] = changes }
        }
        #expect(found == expected, "seed \(seed): \(text)")
    }

    /// Bursts of spans over five minutes, with silences between them.
    private static func window(_ generator: inout SeededGenerator) -> FakeWindow {
        let window = FakeWindow()
        for service in services {
            for operation in operations {
                let labels = OperationLabels(service: service, operation: operation, kind: .server)
                for burst in 0..<10 where generator.number(0...2) > 0 {
                    for _ in 0..<generator.number(0...6) {
                        let end =
                            Int64(burst) * 30 * second + Int64(generator.number(0...29_999)) * millisecond
                        window.add(
                            labels, end: end, duration: Int64(generator.number(1...100)) * millisecond,
                            isError: generator.number(0...3) == 0)
                    }
                }
            }
        }
        return window
    }
}
