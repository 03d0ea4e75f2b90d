import Engine
import TestSupport
import Testing

@testable import Rules

struct RuleFileTests {
    @Test func `every field of a rule file is read`() throws {
        let file = try RuleText.load(
            """
            groups:
              - name: control-plane
                interval: 30s
                limit: 7
                rules:
                  - alert: EtcdRangeSlow
                    select: {service: etcd, operation: "=~ etcdserverpb.KV/.*", kind: "!= CLIENT"}
                    when: p99 > 150ms and count >= 50
                    over: 5m
                    by: [operation]
                    for: 2m
                    keep_firing_for: 1m
                    labels: {severity: page, team: 7}
                    annotations: {summary: "{{ $labels.operation }} {{ $labels.severity }}"}
                  - alert: VerySlow
                    match: {verb: create, resource: "!= events"}
                    when: duration > 10s
                  - alert: Burning
                    select: {verb: list}
                    when: burn_rate(99.9%, 1500ms, 1h) > 14.4 and burn_rate(99.9%, 1500ms, 5m) offset 1m > 6
            """)
        let rule = try #require(file.groups.first?.rules.first)
        #expect(file.groups.first?.name == "control-plane")
        #expect(file.groups.first?.interval == 30 * second)
        #expect(file.groups.first?.limit == 7)
        let single = try #require(file.groups.first?.rules.dropFirst().first)
        #expect(single.selector.population == .requests)
        #expect(single.by == ["verb", "resource"])
        #expect(single.condition.durations?.ranges == [10 * second + 1...Int64.max])
        #expect(single.over == 30 * second)
        let burning = try #require(file.groups.first?.rules.last)
        #expect(burning.condition.inputs.ranges.map(\.length) == [5 * minute, 60 * minute])
        #expect(burning.condition.inputs.ranges.map(\.offset) == [minute, 0])
        #expect(burning.condition.inputs.thresholds == [[1500 * millisecond], [1500 * millisecond]])
        #expect(rule.alert == "EtcdRangeSlow")
        #expect(rule.selector.population == .spans)
        #expect(
            rule.selector.matches.map(\.matcher) == [
                .equal("etcd"), .matching(try LabelRegex("etcdserverpb.KV/.*")), .notEqual("CLIENT"),
            ])
        #expect(rule.condition.text == "p99 > 150ms and count >= 50")
        #expect(rule.over == 5 * minute)
        #expect(rule.by == ["operation"])
        #expect(rule.holdFor == 2 * minute)
        #expect(rule.keepFiringFor == minute)
        #expect(rule.labels == ["severity": "page", "team": "7"])
        #expect(rule.annotations["summary"]?.text == "{{ $labels.operation }} {{ $labels.severity }}")
    }

    @Test func `fields that a rule leaves out have defaults`() throws {
        let text =
            "groups:\n- name: g\n  rules:\n  - {alert: A, select: {verb: list, scope: cluster}, when: p99 > 1s, over: 1m}\n"
        let group = try #require(try RuleText.load(text).groups.first)
        let rule = try #require(group.rules.first)
        #expect(group.interval == 15 * second)
        #expect(rule.selector.population == .requests)
        #expect(rule.by == ["verb", "scope"])
        #expect(rule.holdFor == 0 && rule.keepFiringFor == 0)
        #expect(rule.labels.isEmpty && rule.annotations.isEmpty)
    }

    @Test func `a selector selects the series whose labels all match`() throws {
        let text = "{service: etcd, operation: '=~ .*(Range|Txn)', kind: '!~ CLIENT|INTERNAL'}"
        let file = try RuleText.load(
            RuleText.group(["alert: A", "select: \(text)", "when: p99 > 1s", "over: 1m"]))
        let selector = try #require(file.groups.first?.rules.first?.selector)
        #expect(selector.selects { OperationLabels.etcdRange[$0] })
        #expect(!selector.selects { OperationLabels.clientRange[$0] })
        #expect(!selector.selects { RequestLabels.listPods[$0] })
    }

    @Test func `an offset may reach to the end of the history`() throws {
        let rule = ["alert: A", "select: {verb: get}", "when: p99 > p99 offset 110m", "over: 10m"]
        _ = try RuleText.load(RuleText.group(rule))
    }

    @Test func `the built-in rules have no faults`() throws {
        let file = try BuiltinRules.controlPlane()
        #expect(
            file.groups.map(\.name) == [
                "control-plane-objectives", "control-plane-objectives-slow", "control-plane", "control-plane-quick",
                "control-plane-unusual", "control-plane-slow-growth",
            ])
        for rule in file.groups.flatMap(\.rules) {
            #expect(Set(rule.annotations.keys) == ["summary", "next"], "\(rule.alert)")
        }
    }
}
