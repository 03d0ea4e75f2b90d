import Engine
import OTLP
import Pipeline
import Rules
import TestSupport
import Testing

/// 2026-01-01T00:00:00Z
private let start: Int64 = 1_767_225_600_000_000_000

/// The built-in rules over healthy control planes, through everything that happens on an ordinary day.
@Suite struct `A healthy day` {
    /// A day of an hour and a half: whole ones are `make healthy-days`.
    private static let days: [(seed: UInt64, duration: Int64)] = [(1, 90 * minute), (2, 90 * minute)]

    /// Alternates between a small control plane of one API server and one etcd member, and one that survives the loss
    /// of either.
    private static func life(seed: UInt64, duration: Int64) -> HealthyLife {
        let isSmall = seed % 2 == 0
        return HealthyLife(
            seed: seed, apiServers: isSmall ? 1 : 2, members: isSmall ? 1 : 3, start: start, duration: duration)
    }

    private static func run(_ life: inout HealthyLife, _ pipeline: Pipeline) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        life.forEach { delivery in
            transitions += pipeline.advance(to: delivery.arrival)
            var batch = SpanBatch()
            for span in delivery.spans { span.append(to: &batch) }
            _ = pipeline.append(batch, arrival: delivery.arrival)
        }
        return transitions + pipeline.advance(to: life.start + life.duration + minute)
    }

    @Test(arguments: days) func `fires nothing, and has no incidents but restarts`(seed: UInt64, duration: Int64) throws
    {
        var life = Self.life(seed: seed, duration: duration)
        let rules = try BuiltinRules.controlPlane()
        let pipeline = Pipeline(rules: RuleEvaluator(rules.groups), limits: WindowLimits())
        let fired = Self.run(&life, pipeline).filter { $0.alert.state == .firing }
        for transition in fired {
            let (seconds, alert) = ((transition.time - start) / 1_000_000_000, transition.alert)
            Issue.record("seed \(seed): \(alert.name) \(alert.labels) after \(seconds) s: \(alert.annotations)")
        }
        let incidents = pipeline.evaluation.incidents
        #expect(incidents.allSatisfy { $0.severity == .info }, "\(incidents)")
        // Of a single API server and a single member; the others' restarts go unnoticed where instances have no names.
        #expect(incidents.compactMap(\.side).sorted() == (seed % 2 == 0 ? ["apiserver", "etcd"] : []))
        let counts = pipeline.summary().counts
        #expect(counts.accepted > Int(duration / minute) * 1_500)
        #expect(counts.rejections.total == 0)
    }

    @Test func `is the same for the same seed, and another for another`() {
        func ends(_ seed: UInt64) -> [Int64] {
            var life = Self.life(seed: seed, duration: 2 * minute)
            var ends: [Int64] = []
            life.forEach { delivery in ends += delivery.spans.map(\.end) }
            return ends
        }
        #expect(ends(7) == ends(7))
        #expect(ends(7) != ends(9))
    }

    @Test func `reads the same from what exporters send`() throws {
        var life = Self.life(seed: 3, duration: 4 * minute)
        let decoder = SpanDecoder()
        let (made, sent) = (
            Pipeline(rules: RuleEvaluator([]), limits: WindowLimits()),
            Pipeline(rules: RuleEvaluator([]), limits: WindowLimits())
        )
        try life.forEach { delivery in
            var batch = SpanBatch()
            for span in delivery.spans { span.append(to: &batch) }
            _ = made.append(batch, arrival: delivery.arrival)
            for record in delivery.records {
                var decoded = SpanBatch()
                try unsafe decoder.decode(record.span.bytes, into: &decoded)
                _ = sent.append(decoded, arrival: delivery.arrival)
            }
        }
        let (first, second) = (made.summary().view, sent.summary().view)
        let key = { (summary: SeriesSummary<RequestLabels>) in
            "\(summary.labels) \(summary.count) \(summary.errors) \(summary.sum)"
        }
        let difference = Set(first.requestSummaries().map(key)).symmetricDifference(second.requestSummaries().map(key))
        #expect(difference.isEmpty)
        #expect(first.requestSummaries().count > 15)
    }

    @Test func `has spans like those of a recording`() throws {
        // The first minutes of a day, before anything special happens.
        var life = Self.life(seed: 2, duration: 24 * 60 * minute)
        var spans: [LifeSpan] = []
        var lateness: [Int64] = []
        for _ in 0..<180 {
            for delivery in life.next() ?? [] {
                spans += delivery.spans
                lateness += delivery.spans.map { delivery.arrival - $0.end }
            }
        }
        #expect(lateness.allSatisfy { (0..<6_000_000_000).contains($0) })
        let byID = Dictionary(spans.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        #expect(byID.count == spans.count)
        let alone = spans.filter { $0.name == "authentication" && $0.parent == 0 }
        let traces = Dictionary(grouping: spans, by: \.trace)
        #expect(alone.count { traces[$0.trace]?.count == 1 } > alone.count / 2)
        for span in spans where span.service == "etcd" {
            let call = byID[span.parent]
            #expect(call.map { $0.name == span.name && $0.start <= span.start && $0.end >= span.end } ?? true)
        }
        let recorded = try Captures.records(Captures.example).flatMap { ReferenceDecoder.decode($0) ?? [] }
        let names = Set(recorded.map { String(decoding: $0.name, as: UTF8.self) })
        let common = spans.filter { names.contains($0.name) }
        #expect(common.count > spans.count * 9 / 10)
        #expect((5...15).contains(spans.count / max(1, spans.count { $0.http != nil })))
    }
}
