import Dispatch
import Engine
import Foundation
import Pipeline
import Rules
import TestSupport
import Testing

private let second: Int64 = 1_000_000_000
/// 2026-01-01T00:00:00Z
private let start: Int64 = 1_767_225_600 * second

@Suite struct `What an evaluation publishes` {
    private let rules = """
        groups:
          - name: g
            interval: 15s
            rules:
              - {alert: Any, select: {operation: Get}, when: count >= 1, over: 1m}
        """

    /// A pipeline with spans, at the time when evaluation starts.
    private func pipeline(onEvaluation: (@Sendable (Int64, RuleEvaluator) -> Void)? = nil) throws -> Pipeline {
        let file = try RuleFile(rules, file: "rules.yaml", maximumWindow: 3600 * second, exactWindow: .max)
        let pipeline = Pipeline(
            rules: RuleEvaluator(file.groups), limits: WindowLimits(), evaluationDelay: 0, onEvaluation: onEvaluation)
        var builder = BatchBuilder()
        for number in 0..<10 { builder.add(end: start + Int64(number) * second) }
        _ = pipeline.advance(to: start)
        _ = pipeline.append(builder.batch, arrival: start)
        return pipeline
    }

    @Test func `everything that is asked is answered while rules are evaluated`() throws {
        let (evaluating, asked) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let done = DispatchSemaphore(value: 0)
        let pipeline = try pipeline { _, _ in
            evaluating.signal()
            asked.wait()
        }
        Thread.detachNewThread {
            _ = pipeline.advance(to: start + 15 * second)
            done.signal()
        }
        evaluating.wait()
        // The evaluation continues only after all of these have answered.
        #expect(pipeline.evaluation.alerts.isEmpty)
        #expect(pipeline.evaluation.groups.map(\.evaluatedAt) == [nil])
        #expect(pipeline.summary().counts.accepted == 10)
        #expect(pipeline.attributedSummary().view.operations.count >= 1)
        #expect(pipeline.windowGauges().spans == 10)
        #expect(pipeline.componentTotals().sums.allSatisfy { $0 == 0 })
        #expect(pipeline.trace(TraceID(high: 0, low: 0)).spans.isEmpty)
        asked.signal()
        done.wait()
        #expect(pipeline.evaluation.alerts.map(\.name) == ["Any"])
    }

    @Test func `each evaluation, change of rules and jump of the clock is published`() throws {
        let pipeline = try pipeline()
        #expect(pipeline.evaluation.alerts.isEmpty)
        _ = pipeline.advance(to: start + 15 * second)
        #expect(pipeline.evaluation.groups.allSatisfy { $0.evaluatedAt != nil })
        #expect(pipeline.evaluation.groups.map { $0.alerts.map { $0.map(\.state) } } == [[[.firing]]])
        pipeline.jump(to: start + 5 * second)
        #expect(pipeline.evaluation.groups.map(\.evaluatedAt) == [nil])
        #expect(pipeline.evaluation.alerts.map(\.name) == ["Any"])
        #expect(pipeline.replaceRules([]).map(\.name) == ["Any"])
        #expect(pipeline.evaluation.alerts.isEmpty && pipeline.evaluation.groups.isEmpty)
    }
}
