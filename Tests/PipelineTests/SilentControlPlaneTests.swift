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

/// A control plane whose spans begin to come late, such as those of a collector's backlog.
@Suite struct `A control plane whose spans are held back` {
    /// Ten minutes, of which the last five come late by `delay`.
    /// - Returns: the incidents about silence.
    private static func silences(delay: Int64) throws -> [Incident] {
        let rules = try BuiltinRules.controlPlane()
        let pipeline = Pipeline(rules: RuleEvaluator(rules.groups), limits: WindowLimits(), notifiesOfIncidents: true)
        var life = HealthyLife(seed: 4, apiServers: 1, members: 1, start: start, duration: 24 * 60 * minute)
        for _ in 0..<600 {
            for delivery in life.next() ?? [] {
                let arrival = delivery.arrival < start + 5 * minute ? delivery.arrival : delivery.arrival + delay
                for clock in stride(from: delivery.arrival, to: arrival, by: 1_000_000_000) {
                    _ = pipeline.advance(to: clock)
                }
                _ = pipeline.advance(to: arrival)
                var batch = SpanBatch()
                for span in delivery.spans { span.append(to: &batch) }
                _ = pipeline.append(batch, arrival: arrival)
            }
        }
        return pipeline.evaluation.incidents.filter { $0.evidence?.culprit.why.hasPrefix("nothing from") == true }
    }

    @Test func `isn't silent`() throws {
        #expect(try Self.silences(delay: 40_000_000_000) == [])
    }

    @Test func `was silent until they came`() throws {
        let delay: Int64 = 120_000_000_000
        let incident = try #require(try Self.silences(delay: delay).first)
        let closedAt = try #require(incident.closedAt)
        #expect(closedAt - (start + 5 * minute + delay) < minute)
    }
}

/// More spans than the window keeps until they are evaluated.
@Suite struct `A control plane that sends more than the window holds` {
    private static let second: Int64 = 1_000_000_000

    /// Two minutes of 2,000 spans a second; etcd stops after the first `etcdStops` seconds.
    /// - Returns: the alerts that fired, why each incident opened, and how many slots were attributed before they settled.
    private static func run(
        bytesMax: Int, etcdStops: Int64
    ) throws -> (fired: Set<String>, incidents: [String], slotsEarly: Int) {
        let rules = try BuiltinRules.controlPlane()
        let pipeline = Pipeline(
            rules: RuleEvaluator(rules.groups), limits: WindowLimits(bytesMax: bytesMax), notifiesOfIncidents: true)
        var fired: Set<String> = []
        for since in 1...Int64(120) {
            let arrival = start + since * second
            var builder = BatchBuilder(firstID: UInt64(since) * 10_000)
            for number in 0..<Int64(2_000) {
                let service = number % 2 == 0 || since > etcdStops ? "apiserver" : "etcd"
                builder.add(service: service, end: arrival - second + number * 500_000)
            }
            fired.formUnion(pipeline.advance(to: arrival).filter { $0.alert.state == .firing }.map(\.alert.name))
            _ = pipeline.append(builder.batch, arrival: arrival)
        }
        return (
            fired, pipeline.evaluation.incidents.map { $0.evidence?.culprit.why ?? $0.id },
            pipeline.windowGauges().attribution.slotsEarly
        )
    }

    /// Evaluations are ten seconds behind, so that two megabytes hold a part of what they look at, and one nothing.
    @Test(arguments: [1 << 20, 2 << 20]) func `isn't taken to be silent`(bytesMax: Int) throws {
        let (fired, incidents, _) = try Self.run(bytesMax: bytesMax, etcdStops: 120)
        #expect(!fired.contains("ComponentSilentNow"))
        #expect(incidents == [])
    }

    /// Slots settle after 35 seconds, and four megabytes hold twenty.
    @Test func `is attributed early, which is counted`() throws {
        #expect(try Self.run(bytesMax: 4 << 20, etcdStops: 120).slotsEarly > 10)
        #expect(try Self.run(bytesMax: 1 << 30, etcdStops: 120).slotsEarly == 0)
    }

    @Test func `is silent where the window holds all`() throws {
        #expect(try Self.run(bytesMax: 1 << 30, etcdStops: 50).fired.contains("ComponentSilentNow"))
    }
}
