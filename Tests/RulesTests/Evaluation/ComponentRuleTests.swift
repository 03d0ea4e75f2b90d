import YAML
import Engine
import TestSupport
import Testing

@testable import Rules

/// Rules about the time of components.
@Suite("Rules over components and self times")
struct ComponentRuleTests {
    private static let start: Int64 = 1_800_000_000 * second

    private static func rule(_ condition: String, population: Population = .requests) throws -> RuleEvaluator {
        let label = population == .requests ? "verb" : "service"
        let rule = Rule(
            alert: "Test",
            selector: Selector(population: population, matches: [.init(label: label, matcher: .notEqual(""))]),
            by: [label], condition: try Condition(condition), over: minute)
        return RuleEvaluator([RuleGroup(name: "test", interval: 15 * second, rules: [rule])])
    }

    private static func window() -> FakeWindow {
        let window = FakeWindow()
        for number in 0..<10 {
            let end = start - Int64(number) * second
            window.add(.listPods, end: end, duration: 100 * millisecond)
            window.add(part: .etcd, of: .listPods, end: end, duration: 75 * millisecond)
            window.add(part: .apiServer, of: .listPods, end: end, duration: 25 * millisecond)
        }
        // A component in only half of the requests.
        for number in 0..<5 {
            window.add(.getPod, end: start - Int64(number) * second, duration: 10 * millisecond)
            window.add(.getPod, end: start - Int64(number) * second, duration: 10 * millisecond)
            window.add(part: .etcd, of: .getPod, end: start - Int64(number) * second, duration: 4 * millisecond)
            window.add(
                part: .apiServer, of: .getPod, end: start - Int64(number) * second, duration: 16 * millisecond)
        }
        return window
    }

    private static func fired(_ condition: String) throws -> [String: Double] {
        var evaluator = try rule(condition)
        let transitions = evaluator.evaluate(at: start + 15 * second, over: window())
        return Dictionary(
            uniqueKeysWithValues: transitions.map { ($0.alert.labels["verb"] ?? "", $0.alert.value ?? .nan) })
    }

    @Test func `share is the component's share of the time of all requests`() throws {
        #expect(try Self.fired("share(etcd) > 50%") == ["list": 0.75])
        #expect(try Self.fired("share(etcd) > 10%") == ["list": 0.75, "get": 0.2])
        #expect(try Self.fired("p99 > 50ms and share(apiserver) < 30%") == ["list": 0.1])
    }

    @Test func `time is the mean over all requests, including those without the component`() throws {
        #expect(try Self.fired("time(etcd) > 1ms") == ["list": 0.075, "get": 0.002])
        #expect(try Self.fired("time(apiserver) > 10ms and count >= 5") == ["list": 0.025])
    }

    @Test func `a component that took no time has no share, and without requests there is no data`() throws {
        #expect(try Self.fired("share(mutating-webhook) == 0") == ["list": 0, "get": 0])
        var evaluator = try Self.rule("share(etcd) > 1%")
        let later = Self.start + 60 * minute
        #expect(evaluator.evaluate(at: later - later % (15 * second), over: Self.window()).isEmpty)
    }

    @Test func `self times have separate values`() throws {
        let window = FakeWindow()
        for number in 1...100 {
            window.add(.clientRange, end: Self.start, duration: 200 * millisecond)
            window.add(selfTimeOf: .clientRange, end: Self.start, duration: Int64(number) * millisecond)
        }
        for (condition, value) in [
            ("self_p99 > 10ms", 0.099), ("self_p50 > 10ms", 0.05), ("self_mean > 10ms", 0.0505),
            ("self_max > 10ms", 0.1),
        ] {
            var evaluator = try Self.rule(condition, population: .spans)
            let transitions = evaluator.evaluate(at: Self.start + 15 * second, over: window)
            #expect(transitions.map { $0.alert.value } == [value], "\(condition)")
        }
    }

    @Test(arguments: [
        ("share > 5%", 6, "\"share\" takes a component, as in share(etcd)"),
        ("share(etcdd) > 5%", 6, "unknown component \"etcdd\"; did you mean \"etcd\"?"),
        ("time(etcd > 5ms", 15, "expected \")\", but the condition ends"),
        ("share(etcd) > 5ms", 14, "can't compare a ratio (share(etcd)) and a time (5ms); write a ratio here, as in 5%"),
        (
            "time(priority-and-fairness) > 5%", 30,
            "can't compare a time (time(priority-and-fairness)) and a ratio (5%); write a time here, as in 150ms"
        ),
    ]) func `faults are reported at their positions`(_ condition: String, _ position: Int, _ message: String) {
        #expect(throws: ConditionErrors(all: [ConditionError(at: position, message)])) { try Condition(condition) }
    }

    @Test func `values of requests aren't available for spans, nor the other way round`() {
        let text = """
            groups:
              - name: g
                rules:
                  - {alert: A, select: {service: etcd}, when: share(etcd) > 5%, over: 5m}
                  - {alert: B, select: {verb: list}, when: self_p99 > 5ms, over: 5m}
            """
        do {
            _ = try RuleFile(text, file: "rules.yaml", maximumWindow: 60 * minute)
            Issue.record("the file was read")
        } catch {
            #expect(
                error.description == """
                    rules.yaml:4:51: share(etcd) is measured over requests: select them by verb, group, resource, subresource, scope
                    rules.yaml:5:48: self_p99 is measured over spans: select them by service, operation, kind
                    """)
        }
    }
}
