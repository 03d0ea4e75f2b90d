import Engine
import Pipeline
import Rules
import Testing
import TestSupport

private let hour = 60 * minute
/// 2026-01-01T00:00:00Z
private let start: Int64 = 1_767_225_600 * second

@Suite struct `A pipeline with a history` {
    private func pipeline(_ condition: String, over: String, limits: WindowLimits) throws -> Pipeline {
        let rules = """
            groups:
              - name: g
                interval: 1m
                rules:
                  - {alert: Slower, select: {operation: Get}, when: \(condition), over: \(over)}
            """
        let file = try RuleFile(
            rules, file: "rules.yaml", maximumWindow: limits.reach, exactWindow: limits.duration ?? .max)
        return Pipeline(rules: RuleEvaluator(file.groups), limits: limits)
    }

    /// One span a second, of a millisecond each, or of a second while `isSlow`.
    private func run(
        _ pipeline: Pipeline, for duration: Int64, isSlow: (_ since: Int64) -> Bool
    ) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        for time in stride(from: 0, to: duration, by: Int(5 * second)).map({ Int64($0) }) {
            var builder = BatchBuilder(firstID: UInt64(time / second * 2 + 1))
            for offset in 0..<5 {
                builder.add(
                    end: start + time + Int64(offset) * second + 1, duration: isSlow(time) ? second : second / 1_000)
            }
            transitions += pipeline.advance(to: start + time + 5 * second)
            _ = pipeline.append(builder.batch, arrival: start + time + 5 * second)
        }
        return transitions
    }

    @Test func `a rule sees an hour back with a window of an hour`() throws {
        let limits = WindowLimits(duration: hour)
        let pipeline = try pipeline("p50 < 0.5 * p50 offset 1h and count >= 100", over: "5m", limits: limits)
        let transitions = run(pipeline, for: 80 * minute) { $0 >= 5 * minute && $0 < 10 * minute }
        // Slow from 0:05 to 0:10: more than half of the five minutes an hour before is from 1:08 to 1:12.
        #expect(transitions.map(\.alert.state) == [.pending, .firing, .resolved].filter { $0 != .pending })
        #expect(transitions.map { ($0.time - start) / minute } == [68, 73])
    }

    @Test func `a rule that looks back beyond the window gives the alerts of a replay, whose report is exact`() throws {
        func run(_ limits: WindowLimits) throws -> (transitions: [AlertTransition], summary: PipelineSummary) {
            let rules = """
                groups:
                  - name: g
                    interval: 15s
                    rules:
                      - alert: WasSlower
                        select: {operation: Get}
                        when: p50 offset 1h > 2 * p50 and count >= 100
                        over: 5m
                """
            let file = try RuleFile(rules, file: "rules.yaml", maximumWindow: 4 * hour, exactWindow: hour)
            let pipeline = Pipeline(rules: RuleEvaluator(file.groups), limits: limits)
            pipeline.followRecording()
            let transitions = self.run(pipeline, for: 80 * minute) {
                $0 >= 5 * minute + 35 * second && $0 < 9 * minute + 20 * second
            }
            return (transitions, pipeline.summary())
        }
        var recorded = WindowLimits(duration: nil)
        recorded.recordedDuration = hour
        let (live, replay) = (try run(WindowLimits(duration: hour)), try run(recorded))
        #expect(live.transitions.map(\.alert.state) == [.firing, .resolved])
        #expect(replay.transitions == live.transitions)
        #expect(!live.summary.view.history.isEmpty)
        #expect(replay.summary.view.history.isEmpty)
        #expect(replay.summary.view.operationSummaries().map(\.count) == [80 * 60])
        #expect(replay.summary.counts == live.summary.counts)
    }

    @Test func `a replay whose spans don't fit into memory still counts all of them`() throws {
        var limits = WindowLimits(duration: nil, bytesMax: 200_000)
        limits.recordedDuration = 10 * minute
        let pipeline = try pipeline("p50 > 1h", over: "5m", limits: limits)
        pipeline.followRecording()
        _ = run(pipeline, for: 80 * minute) { _ in false }
        #expect(pipeline.summary().view.operationSummaries().map(\.count) == [80 * 60])
        #expect(!pipeline.summary().view.history.isEmpty)
    }

    @Test func `a rule over hours sees what the window and the history hold together`() throws {
        let limits = WindowLimits(duration: 20 * minute)
        let pipeline = try pipeline("count >= 7200 and errors < 1", over: "2h", limits: limits)
        let transitions = run(pipeline, for: 130 * minute) { _ in false }
        let first = try #require(transitions.first)
        #expect(first.alert.state == .firing)
        #expect(first.time == start + 2 * hour)
    }

    @Test func `a rule over as much as the window holds gives the alerts of a replay`() throws {
        func transitions(_ duration: Int64?) throws -> [AlertTransition] {
            let rules = """
                groups:
                  - name: g
                    interval: 15s
                    rules:
                      - alert: Burning
                        select: {operation: Get}
                        when: burn_rate(99%, 900ms, 10m) > 14.4 and burn_rate(99%, 900ms, 1m) > 14.4 and p99 < 2s
                        over: 10m
                """
            let file = try RuleFile(rules, file: "rules.yaml", maximumWindow: hour)
            let limits = WindowLimits(duration: duration)
            let pipeline = Pipeline(rules: RuleEvaluator(file.groups), limits: limits)
            return run(pipeline, for: 40 * minute) { $0 >= 12 * minute + 35 * second && $0 < 18 * minute }
        }
        let live = try transitions(10 * minute)
        #expect(live.map(\.alert.state) == [.firing, .resolved])
        #expect(try live == transitions(nil))
    }

    @Test func `every span is in the view once, whatever other threads do`() async throws {
        let limits = WindowLimits(
            duration: nil, bytesMax: 100_000, history: HistoryLimits(duration: 4 * hour, bytesMax: 200_000))
        let pipeline = Pipeline(rules: RuleEvaluator([]), limits: limits)
        let (threads, batches, spans) = (3, 50, 60)
        await withTaskGroup(of: Void.self) { group in
            for thread in 0..<threads {
                group.addTask {
                    for number in 0..<batches {
                        let first = UInt64((number * threads + thread) * spans + 1)
                        var builder = BatchBuilder(firstID: first)
                        let end = start + Int64(number) * 20 * second
                        for span in 0..<spans {
                            // Some late, some by hours.
                            let age = span % 10 == 0 ? Int64(span) * 2 * minute : 0
                            builder.add(operation: "op-\(span % 7)", end: end - age)
                        }
                        _ = pipeline.append(builder.batch, arrival: end + minute)
                    }
                }
            }
            group.addTask {
                var counted = 0
                while counted < threads * batches * spans {
                    let summary = pipeline.summary()
                    counted = summary.view.operationSummaries().reduce(0) { $0 + $1.count }
                    #expect(counted == summary.totals.operations.reduce(0) { $0 + $1.count })
                    #expect(counted == summary.counts.accepted)
                }
            }
        }
        #expect(pipeline.view().operationSummaries().reduce(0) { $0 + $1.count } == threads * batches * spans)
    }
}
