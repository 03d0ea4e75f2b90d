import Engine
import TestSupport
import Testing

@testable import Rules

@Suite struct `Silence` {
    private static let start = 1_800_000_000 * second

    /// etcd falls silent for a while; the API server sends spans until it falls silent too.
    private static func window(etcdSilent: Range<Int64>, apiserverUntil: Int64) -> FakeWindow {
        let window = FakeWindow()
        for tick in Int64(0)..<1_800 {
            if !etcdSilent.contains(tick) { window.add(.etcdRange, end: start + tick * second, times: 2) }
            if tick < apiserverUntil { window.add(.clientRange, end: start + tick * second) }
        }
        return window
    }

    private static func run(_ window: FakeWindow, when: String) throws -> [String] {
        var evaluator = try RuleText.evaluator(
            "alert: Silent", "select: {service: \"=~ .+\"}", "when: \(when)", "over: 1m", "by: [service]")
        var found: [String] = []
        for step in Int64(1)...120 {
            for transition in evaluator.evaluate(at: start + step * 15 * second, over: window) {
                found.append("\(step * 15) \(transition.alert.labels["service"] ?? "") \(transition.alert.state)")
            }
        }
        return found
    }

    private static let rule = "seen == 0 and count offset 5m >= 100"

    @Test func `of one series fires while others send spans, and ends with its first span`() throws {
        let window = Self.window(etcdSilent: 600..<900, apiserverUntil: 1_800)
        #expect(try Self.run(window, when: Self.rule) == ["660 etcd firing", "915 etcd resolved"])
    }

    @Test func `goes on firing when the window it is compared with is empty too`() throws {
        let window = Self.window(etcdSilent: 600..<1_700, apiserverUntil: 1_800)
        #expect(try Self.run(window, when: Self.rule) == ["660 etcd firing", "1710 etcd resolved"])
    }

    @Test func `of everything is no data`() throws {
        let window = Self.window(etcdSilent: 600..<1_800, apiserverUntil: 600)
        #expect(try Self.run(window, when: Self.rule).isEmpty)
        #expect(try Self.run(window, when: "seen == 0").isEmpty)
    }

    @Test func `of a series that never sent a span does nothing`() throws {
        let window = Self.window(etcdSilent: 0..<1_800, apiserverUntil: 1_800)
        #expect(try Self.run(window, when: "seen == 0").isEmpty)
    }
}
