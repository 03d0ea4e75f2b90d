import Engine
import Pipeline
import Rules
import TestSupport
import Testing

private let second: Int64 = 1_000_000_000
/// 2026-01-01T00:00:00Z
private let start: Int64 = 1_767_225_600 * second

/// Evaluations that run while later spans are appended, on several cores as in a replay, find what they would have found
/// before on one.
@Suite struct `A deferred evaluation` {
    /// The built-in rules, and some that fire and need components, evidence and long ranges.
    private static func rules() throws -> [RuleGroup] {
        let text = """
            groups:
              - name: g
                interval: 10s
                rules:
                  - {alert: Any, select: {kind: SERVER}, when: count > 50, over: 1m, by: [service]}
                  - {alert: Etcd, select: {verb: "=~ .+"}, when: share(etcd) > 0.01, over: 30s, by: [verb]}
                  - {alert: Slow, select: {verb: "=~ .+"}, when: p90 > 1ms, over: 5m, by: [resource]}
            """
        let file = try RuleFile(text, file: "rules.yaml", maximumWindow: 3600 * second, exactWindow: .max)
        return try BuiltinRules.controlPlane().groups + file.groups
    }

    /// The spans of some minutes in order of their ends, in batches of one second.
    private static let batches: [[LifeSpan]] = {
        var life = HealthyLife(seed: 5, apiServers: 2, members: 3, start: start, duration: 8 * 60 * second)
        var spans: [LifeSpan] = []
        life.forEach { spans += $0.spans }
        spans.sort { $0.end < $1.end }
        return spans.reduce(into: []) { batches, span in
            if let last = batches.last?.last, last.end / second == span.end / second {
                batches[batches.count - 1].append(span)
            } else {
                batches.append([span])
            }
        }
    }()

    private static func batch(_ spans: [LifeSpan]) -> SpanBatch {
        var batch = SpanBatch()
        for span in spans { span.append(to: &batch) }
        return batch
    }

    private static func pipeline(usesCores: Bool) throws -> Pipeline {
        try Pipeline(rules: RuleEvaluator(rules()), limits: WindowLimits(duration: nil), usesCores: usesCores)
    }

    private struct Results: Equatable {
        var transitions: [AlertTransition]
        /// Everything else that a report shows.
        var report: [String]
    }

    private static func results(_ pipeline: Pipeline, _ transitions: [AlertTransition]) -> Results {
        let summary = pipeline.attributedSummary()
        let report = [
            "\(summary.counts) \(summary.unattributed)", "\(pipeline.componentTotals())",
            "\(summary.view.operationSummaries())", "\(summary.view.selfTimeSummaries())",
            "\(summary.view.componentSummaries(of: summary.view.requestSummaries()))",
            "\(pipeline.windowGauges().bytes)",
        ]
        return Results(transitions: transitions, report: report)
    }

    private static func immediate() throws -> Results {
        let pipeline = try pipeline(usesCores: false)
        var transitions: [AlertTransition] = []
        for spans in batches {
            transitions += pipeline.advance(to: spans[0].end)
            pipeline.note(clock: spans[0].end)
            _ = pipeline.append(batch(spans), arrival: spans[spans.count - 1].end)
        }
        return results(pipeline, transitions + pipeline.evaluate(upTo: start + 10 * 60 * second))
    }

    /// - Parameters:
    ///   - delay: how many further evaluations become due before one runs.
    ///   - kept: how many that have run wait for their results to be attached.
    private static func deferred(delay: Int, kept: Int) throws -> Results {
        let pipeline = try pipeline(usesCores: true)
        var transitions: [AlertTransition] = []
        var waiting: [DeferredEvaluation] = []
        var earlier: [SlotResults] = []
        var unattached: [SlotResults] = []
        var due = Int64.min
        func run(leaving left: Int, unattached keptNow: Int) {
            while waiting.count > left {
                let results = waiting.removeFirst().run(after: earlier.suffix(delay + kept + 1))
                transitions += results.transitions
                earlier.append(results.slots)
                unattached.append(results.slots)
            }
            while unattached.count > keptNow { pipeline.attach(unattached.removeFirst()) }
        }
        for spans in batches {
            if spans[0].end >= due {
                due = pipeline.nextDue(after: spans[0].end)
                run(leaving: delay, unattached: kept)
                waiting.append(pipeline.deferredEvaluation(at: spans[0].end))
            }
            _ = pipeline.append(batch(spans), arrival: spans[spans.count - 1].end)
        }
        run(leaving: 0, unattached: 0)
        return results(pipeline, transitions + pipeline.evaluate(upTo: start + 10 * 60 * second))
    }

    @Test(arguments: [0, 1, 3], [0, 2]) func `finds what an immediate one finds, however late it runs`(
        delay: Int, kept: Int
    ) throws {
        let (wanted, found) = (try Self.immediate(), try Self.deferred(delay: delay, kept: kept))
        #expect(wanted.transitions.count > 10)
        #expect(wanted.transitions == found.transitions)
        #expect(wanted.report == found.report)
    }
}
