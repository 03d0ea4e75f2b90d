import Engine
import Foundation
import Pipeline
import Replay
import Rules
import TestSupport
import Testing

/// The built-in rules over recorded faults: which side they blame, and what reports say about components.
@Suite("Culprits")
struct CulpritTests {
    private struct Facts: Decodable {
        struct Fault: Decodable {
            var start_ns: Int64
            var end_ns: Int64
            var side: String
        }

        var faults: [Fault]
    }

    private static func replay(_ archive: URL) throws -> (pipeline: Pipeline, alerts: [Alert]) {
        var limits = WindowLimits()
        limits.duration = nil
        let rules = try BuiltinRules.controlPlane()
        let replay = try Replay([archive.path], endingIn: .min..<(.max)) {
            Pipeline(rules: RuleEvaluator(rules.groups), limits: limits)
        }
        while replay.step() {}
        let pipeline = replay.pipeline
        return (pipeline, FiredAlerts(replay.transitions, active: pipeline.evaluation.numberedAlerts).all)
    }

    @Test(arguments: Captures.archives)
    func `the alerts of a fault name the side that was slowed, and without a fault no side is accused`(
        _ archive: URL
    ) throws {
        let facts = try Captures.companion(archive, "facts.json", as: Facts.self)
        let alerts = try Self.replay(archive).alerts
        for fault in facts.faults {
            let within = alerts.filter { (fault.start_ns...fault.end_ns).contains($0.firedAt ?? 0) }
            #expect(!within.isEmpty)
            for alert in within {
                #expect(
                    alert.evidence?.culprit.side == fault.side, "\(alert.name): \(alert.evidence?.culprit.text ?? "")")
            }
        }
        for alert in alerts
        where !facts.faults.contains(where: { ($0.start_ns...$0.end_ns).contains(alert.firedAt ?? 0) }) {
            // An alert that fires after the fault may still be about it.
            let side = alert.evidence?.culprit.side
            #expect(side == nil || facts.faults.contains { $0.side == side && $0.end_ns <= alert.firedAt ?? 0 })
        }
    }

    @Test(arguments: Captures.archives)
    func `the worst traces of an alert can be looked up`(_ archive: URL) throws {
        let (pipeline, alerts) = try Self.replay(archive)
        for alert in alerts {
            let traces = try #require(alert.evidence?.traces)
            #expect((1...5).contains(traces.count) && Set(traces).count == traces.count)
            for trace in traces { #expect(!pipeline.trace(trace).spans.isEmpty) }
        }
    }

    @Test(arguments: Captures.archives)
    func `no self time exceeds the duration of its span`(_ archive: URL) throws {
        let view = try Self.replay(archive).pipeline.attributedSummary().view
        let selfTimes = view.selfTimeSummaries()
        var (leaves, checked) = (0, 0)
        for operation in view.operationSummaries() {
            guard let own = selfTimes[operation.series] else { continue }
            checked += 1
            #expect(own.count <= operation.count && own.sum <= operation.sum && own.max <= operation.max)
            // etcd's own spans have no children.
            if operation.labels.service == "etcd", operation.labels.kind == .server, own.count == operation.count {
                leaves += 1
                #expect(own.sum == operation.sum)
            }
        }
        #expect(leaves > 0 && checked > leaves)
    }

    @Test func `requests that left the window keep their components`() throws {
        var limits = WindowLimits()
        limits.duration = 60_000_000_000
        let replay = try Replay([Captures.example.path], endingIn: .min..<(.max)) {
            Pipeline(rules: RuleEvaluator([]), limits: limits)
        }
        while replay.step() {}
        let pipeline = replay.pipeline
        let whole = try Self.replay(Captures.example).pipeline.attributedSummary().view
        let partial = pipeline.attributedSummary().view
        let expected = Self.components(whole)
        let found = Self.components(partial)
        #expect(partial.slots.count < whole.slots.count)
        #expect(found.mapValues { $0.mapValues(\.sum) } == expected.mapValues { $0.mapValues(\.sum) })
        for (request, components) in expected {
            for (component, summary) in components {
                let p99 = Double(found[request]?[component]?.p99 ?? 0)
                #expect(abs(p99 - Double(summary.p99)) <= 0.0056 * Double(summary.p99) + 1)
            }
        }
    }

    private static func components(_ view: WindowView) -> [RequestLabels: [Component: ComponentSummary]] {
        let requests = view.requestSummaries()
        return Dictionary(
            uniqueKeysWithValues: zip(requests, view.componentSummaries(of: requests)).map { request, components in
                (request.labels, Dictionary(uniqueKeysWithValues: components.map { ($0.component, $0) }))
            })
    }
}
