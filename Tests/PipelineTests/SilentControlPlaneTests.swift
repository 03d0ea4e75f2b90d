import Engine
import Pipeline
import Rules
import TestSupport
import Testing

/// 2026-01-01T00:00:00Z
private let start: Int64 = 1_767_225_600_000_000_000

/// A control plane that stops sending spans while the clock goes on.
@Suite struct `A control plane that falls silent` {
    private static func pipeline() throws -> Pipeline {
        let rules = try BuiltinRules.controlPlane()
        return Pipeline(rules: RuleEvaluator(rules.groups), limits: WindowLimits(), notifiesOfIncidents: true)
    }

    /// The first five minutes of a day, then as long without any spans.
    private static func run(_ pipeline: Pipeline) -> [AlertTransition] {
        var life = HealthyLife(seed: 4, apiServers: 1, members: 1, start: start, duration: 24 * 60 * minute)
        var transitions: [AlertTransition] = []
        for _ in 0..<300 {
            for delivery in life.next() ?? [] {
                transitions += pipeline.advance(to: delivery.arrival)
                var batch = SpanBatch()
                for span in delivery.spans { span.append(to: &batch) }
                _ = pipeline.append(batch, arrival: delivery.arrival)
            }
        }
        for clock in stride(from: start + 5 * minute, to: start + 10 * minute, by: 1_000_000_000) {
            transitions += pipeline.advance(to: clock)
        }
        return transitions
    }

    @Test func `is an incident that stays open and is told once`() throws {
        let pipeline = try Self.pipeline()
        let told = Self.run(pipeline).map(\.alert).filter { $0.incident != nil }
        #expect(told.map(\.state) == [.firing])
        let incident = try #require(told.first?.incident?.incident)
        #expect(incident.severity == .critical)
        #expect(incident.culprit.side == nil)
        #expect(incident.culprit.why.hasPrefix("nothing from the control plane since 2026-01-01T00:0"))
        #expect(pipeline.evaluation.incidents.map(\.id) == [incident.id])
    }

    @Test func `is a gap in the files of a replay by event time`() throws {
        let pipeline = try Self.pipeline()
        pipeline.followEventTime()
        #expect(Self.run(pipeline).filter { $0.alert.incident != nil } == [])
    }
}
