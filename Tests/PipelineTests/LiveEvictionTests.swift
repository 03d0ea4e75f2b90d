import Dispatch
import Engine
import Foundation
import Pipeline
import Rules
import Synchronization
import TestSupport
import Testing

/// 2026-01-01T00:00:00Z
private let start: Int64 = 1_767_225_600 * second

/// Batches and readings of the clock in the order in which they had their effect.
private final class Record: Sendable {
    enum Event {
        case clock(Int64)
        case batch(Int, arrival: Int64)
    }

    let events = Mutex<[Event]>([])

    func add(_ event: Event) { events.withLock { $0.append(event) } }
}

/// What the window of a daemon evicts doesn't depend on who reads it, nor on when an evaluation ends.
@Suite struct `A window that overflows` {
    private static let delay = 3 * second

    private static func rules() throws -> [RuleGroup] {
        let text = """
            groups:
              - name: g
                interval: 1s
                rules:
                  - {alert: Any, select: {kind: SERVER}, when: count > 50, over: 30s, by: [service]}
                  - {alert: More, select: {verb: "=~ .+"}, when: count > 1.05 * count offset 1m, over: 30s, by: [verb]}
                  - {alert: Etcd, select: {verb: "=~ .+"}, when: share(etcd) > 0.01, over: 20s, by: [verb]}
                  - {alert: Slower, select: {verb: "=~ .+"}, when: p90 > 1.02 * p90 offset 30s, over: 1m, by: [resource]}
            """
        let file = try RuleFile(text, file: "rules.yaml", maximumWindow: 3600 * second, exactWindow: .max)
        return try BuiltinRules.controlPlane().groups + file.groups
    }

    /// The spans of some minutes in order of their ends, in batches of a hundred.
    private static func batches(seed: UInt64) -> [[LifeSpan]] {
        var life = HealthyLife(seed: seed, apiServers: 2, members: 3, start: start, duration: 4 * 60 * second)
        var spans: [LifeSpan] = []
        life.forEach { spans += $0.spans }
        spans.sort { $0.end < $1.end }
        return stride(from: 0, to: spans.count, by: 100).map { Array(spans[$0..<min($0 + 100, spans.count)]) }
    }

    private static func pipeline(isLive: Bool, record: Record? = nil) throws -> Pipeline {
        var limits = WindowLimits(duration: isLive ? 3600 * second : nil, bytesMax: 1 << 20)
        limits.isEndless = isLive
        limits.recordedDuration = isLive ? nil : 3600 * second
        limits.summaryRowsMin = 16
        var attribution = AttributionSettings()
        attribution.settle = 5 * second
        var onClock: (@Sendable (ClockReading) -> Void)?
        if let record { onClock = { record.add(.clock($0.time)) } }
        return try Pipeline(
            rules: RuleEvaluator(rules()), limits: limits, evaluationDelay: delay, attribution: attribution,
            onClock: onClock)
    }

    private static func append(
        _ spans: [LifeSpan], arrival: Int64, to pipeline: Pipeline, inOrder: () -> Void = {}
    ) {
        var batch = SpanBatch()
        for span in spans { span.append(to: &batch) }
        _ = pipeline.append(batch, arrival: arrival, inOrder: inOrder)
    }

    private struct Results: Equatable {
        var transitions: [AlertTransition]
        var report: [String]

        init(_ pipeline: Pipeline, _ transitions: [AlertTransition]) {
            self.transitions = transitions
            let view = pipeline.view()
            report = [
                "\(view.slots.map { "\($0.start) \($0.count)" })", "\(view.operationSummaries())",
                "\(view.selfTimeSummaries())", "\(view.componentSummaries(of: view.requestSummaries()))",
                "\(pipeline.counts())", "\(pipeline.componentTotals())",
            ]
        }
    }

    /// Evaluates on another thread while the next spans are appended, and holds views of many moments.
    private static func live(_ batches: [[LifeSpan]], seed: UInt64, into record: Record) throws -> Results {
        let pipeline = try pipeline(isLive: true, record: record)
        var chance = SeededGenerator(seed: seed)
        let transitions = Mutex<[AlertTransition]>([])
        var held: [WindowView] = []
        var (next, clock) = (0, start)
        while next < batches.count {
            clock += Int64(chance.number(200...1_500)) * 1_000_000
            var due: [(number: Int, arrival: Int64)] = []
            while next < batches.count, let last = batches[next].last, last.end <= clock {
                due.append((next, clock))
                next += 1
            }
            let now = clock
            let evaluated = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                if pipeline.isEvaluationDue(at: now) {
                    let found = pipeline.advance(to: now)
                    transitions.withLock { $0 += found }
                } else {
                    pipeline.note(clock: now)
                }
                evaluated.signal()
            }
            for (number, arrival) in due {
                append(batches[number], arrival: arrival, to: pipeline) { record.add(.batch(number, arrival: arrival)) }
                if chance.number(0...3) == 0 { held.append(pipeline.view()) }
                if held.count > 20 { held.remove(at: chance.number(0...20)) }
            }
            evaluated.wait()
        }
        return Results(pipeline, transitions.withLock { $0 })
    }

    @Test(arguments: 0..<4) func `evicts in a replay what it evicted in the daemon`(seed: UInt64) throws {
        let batches = Self.batches(seed: seed)
        let record = Record()
        let live = try Self.live(batches, seed: seed, into: record)

        let replay = try Self.pipeline(isLive: false)
        replay.followRecording(keepingAged: false)
        var transitions: [AlertTransition] = []
        for event in record.events.withLock({ $0 }) {
            switch event {
            case .clock(let time):
                replay.takeRecordedReading()
                transitions += replay.advance(to: time)
                replay.note(clock: time)
            case .batch(let number, let arrival): Self.append(batches[number], arrival: arrival, to: replay)
            }
        }
        #expect(transitions.count > 10)
        #expect(replay.view().slots.count < 40, "most has been evicted")
        #expect(Results(replay, transitions) == live)
    }
}
