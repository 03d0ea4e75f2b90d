import Engine
import Logging
import OTLP
import Pipeline
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Live

private let hour = 3_600 * second
/// 2026-01-01T00:00:00Z
private let start: Int64 = 1_767_225_600 * second

/// A daemon without network: spans and clock readings, second by second, with clocks that the test sets.
private final class FakeDaemon {
    private final class Times: Sendable {
        let now = Mutex((wall: start, monotonic: Int64(0)))
    }

    private let times = Times()
    let health = ClockHealth()
    let lines = LogLines()
    let log: RateLimitedLog
    private(set) var transitions: [String] = []
    private(set) var evaluations = 0
    private var loop: EvaluationLoop?
    let pipeline: Pipeline
    private let record: Record
    private var nextID: UInt64 = 1

    /// What a daemon would have recorded.
    final class Record: Sendable {
        enum Event {
            case clock(ClockReading)
            case spans(first: UInt64, arrival: Int64, isSlow: Bool)
        }
        let events = Mutex<[Event]>([])
    }

    static let rules = """
        groups:
          - name: g
            interval: 15s
            rules:
              - {alert: Slow, select: {service: etcd}, when: p50 > 100ms and count >= 10, over: 1m}
              - {alert: Held, select: {service: etcd}, when: p50 > 100ms and count >= 10, over: 1m, for: 2m}
              - {alert: Silent, select: {service: etcd}, when: seen == 0 and count offset 1m >= 10, over: 30s}
        """

    static func makePipeline(_ record: Record?) throws -> Pipeline {
        let file = try RuleFile(rules, file: "rules.yaml", maximumWindow: 2 * hour, exactWindow: hour)
        var onClock: (@Sendable (ClockReading) -> Void)?
        if let record { onClock = { reading in record.events.withLock { $0.append(.clock(reading)) } } }
        return Pipeline(rules: RuleEvaluator(file.groups), limits: WindowLimits(duration: hour), onClock: onClock)
    }

    init() throws {
        let record = Record()
        self.record = record
        log = RateLimitedLog(lines.logger)
        pipeline = try Self.makePipeline(record)
    }

    var wall: Int64 { times.now.withLock { $0.wall } }

    func set(by step: Int64) { times.now.withLock { $0.wall += step } }

    /// Both clocks advance, but nothing runs.
    func stand(still duration: Int64) { times.now.withLock { $0 = ($0.wall + duration, $0.monotonic + duration) } }

    static func append(
        to pipeline: Pipeline, first: UInt64, end: Int64, isSlow: Bool, inOrder: () -> Void = {}
    ) {
        var builder = BatchBuilder(firstID: first)
        for _ in 0..<2 {
            builder.add(service: "etcd", operation: "Range", end: end, duration: isSlow ? second / 2 : second / 1_000)
            builder.add(service: "apiserver", operation: "Get", end: end)
        }
        _ = pipeline.append(builder.batch, arrival: end, inOrder: inOrder)
    }

    /// Some seconds pass, with spans in each.
    func run(for duration: Int64, isSlow: Bool = false) {
        if loop == nil {
            let times = times
            let clock = DaemonClock(
                wall: { times.now.withLock { $0.wall } }, monotonic: { times.now.withLock { $0.monotonic } })
            loop = EvaluationLoop(
                pipeline, clock: clock, health: health, log: log
            ) { [self] found, _, _ in
                evaluations += 1
                transitions += found.map(Self.text)
            }
        }
        for _ in 0..<(duration / second) {
            let (first, arrival) = (nextID, wall)
            Self.append(to: pipeline, first: first, end: arrival, isSlow: isSlow) {
                record.events.withLock { $0.append(.spans(first: first, arrival: arrival, isSlow: isSlow)) }
            }
            nextID += 4
            loop?.look()
            stand(still: second)
        }
    }

    static func text(_ transition: AlertTransition) -> String {
        "\(transition.alert.name) \(transition.alert.state) at \((transition.time - start) / second)"
    }

    /// The results of replaying the recording.
    func replayed() throws -> (transitions: [String], counts: SpanCounts) {
        let pipeline = try Self.makePipeline(nil)
        var found: [AlertTransition] = []
        for event in record.events.withLock({ $0 }) {
            switch event {
            case .clock(let reading):
                if reading.isJump {
                    pipeline.jump(to: reading.time)
                } else {
                    found += pipeline.advance(to: reading.time)
                    pipeline.note(clock: reading.time)
                }
            case .spans(let first, let arrival, let isSlow):
                Self.append(to: pipeline, first: first, end: arrival, isSlow: isSlow)
            }
        }
        return (found.map(Self.text), pipeline.summary().counts)
    }
}

@Suite struct `A clock that jumps` {
    @Test func `there and back at once is logged in two lines, the second with the number of those left out`() throws {
        let daemon = try FakeDaemon()
        daemon.run(for: 10 * second)
        for step in [hour, -hour, hour, -hour] {
            daemon.set(by: step)
            daemon.run(for: second)
        }
        let what = "the wall clock was set: evaluation restarts at the current time"
        #expect(daemon.lines.all == ["\(what) seconds=3600.0"])
        // As after ten seconds, or at the end of the daemon.
        daemon.log.flush(isLast: true)
        #expect(daemon.lines.all.dropFirst() == ["\(what) seconds=-3600.0 since_last_line=3 spans_dropped=4"])
        daemon.log.flush(isLast: true)
        #expect(daemon.lines.all.count == 2)
    }

    @Test func `back by an hour doesn't keep rules from being evaluated`() throws {
        let daemon = try FakeDaemon()
        daemon.run(for: 600 * second)
        daemon.set(by: -hour)
        daemon.run(for: 60 * second, isSlow: true)
        #expect(daemon.transitions == ["Slow firing at -2985", "Held pending at -2985"], "\(daemon.transitions)")
        #expect(daemon.health.current.back == 1)
        #expect(daemon.health.current.lastStep == -3_600)
        // Four in each second, all of which end later by the new clock.
        #expect(daemon.pipeline.windowGauges().setBack == 4 * 600)
        #expect(daemon.lines.all.contains { $0.hasSuffix("seconds=-3600.0 spans_dropped=2400") }, "\(daemon.lines.all)")
        #expect(try daemon.replayed().transitions == daemon.transitions)
    }

    @Test func `ahead by two days and back evaluates again at once, over the spans that came`() throws {
        let daemon = try FakeDaemon()
        daemon.run(for: 600 * second)
        daemon.set(by: 48 * hour)
        daemon.run(for: 3 * second)
        daemon.set(by: -48 * hour)
        let before = daemon.evaluations
        daemon.run(for: 60 * second, isSlow: true)
        #expect(daemon.evaluations - before >= 3)
        #expect(daemon.transitions.contains { $0.hasPrefix("Slow firing at 6") }, "\(daemon.transitions)")
        #expect(daemon.health.current.ahead == 1)
        #expect(daemon.health.current.back == 1)
        // Every span is counted once, whatever time it claims.
        let summary = daemon.pipeline.summary()
        #expect(summary.view.operationSummaries().reduce(0) { $0 + $1.count } == summary.counts.accepted)
        #expect(summary.counts.accepted == 663 * 4)
        let replayed = try daemon.replayed()
        #expect(replayed.transitions == daemon.transitions)
        #expect(replayed.counts.late == summary.counts.late)
    }

    @Test func `keeps firing alerts firing, and the time that pending ones have waited`() throws {
        let daemon = try FakeDaemon()
        daemon.run(for: 600 * second)
        daemon.run(for: 90 * second, isSlow: true)
        daemon.set(by: -hour)
        daemon.run(for: 120 * second, isSlow: true)
        // Slow fires once. Held has been pending for about 30 s before the jump, and fires after two minutes in total.
        #expect(daemon.transitions.count(where: { $0.hasPrefix("Slow") }) == 1, "\(daemon.transitions)")
        #expect(daemon.transitions.count(where: { $0.hasPrefix("Held firing") }) == 1, "\(daemon.transitions)")
        #expect(try daemon.replayed().transitions == daemon.transitions)
    }

    @Test func `is not ready from the jump until rules are evaluated again`() throws {
        let daemon = try FakeDaemon()
        let readiness = Readiness(addresses: 0, clock: daemon.health)
        daemon.run(for: 100 * second)
        #expect(readiness.isReady)
        daemon.set(by: -hour)
        daemon.run(for: second)
        #expect(!readiness.isReady)
        daemon.run(for: 20 * second)
        #expect(readiness.isReady)
    }

    @Test func `back in steps that are small by themselves is noticed by their sum`() throws {
        let daemon = try FakeDaemon()
        daemon.run(for: 600 * second)
        for _ in 0..<30 {
            daemon.set(by: -9 * second)
            daemon.run(for: second)
        }
        let before = daemon.evaluations
        daemon.run(for: 60 * second, isSlow: true)
        #expect(daemon.health.current.back >= 10)
        #expect(daemon.evaluations - before >= 3)
        #expect(daemon.transitions.contains { $0.hasPrefix("Slow firing") }, "\(daemon.transitions)")
        #expect(try daemon.replayed().transitions == daemon.transitions)
    }

    @Test func `by less than a time server's step is ignored, and by a little is only counted`() throws {
        let daemon = try FakeDaemon()
        daemon.run(for: 60 * second)
        let before = daemon.evaluations
        for _ in 0..<60 {
            daemon.set(by: second / 2)
            daemon.run(for: second)
        }
        #expect(daemon.health.current == ClockHealth.Counts())
        daemon.set(by: -5 * second)
        daemon.run(for: 60 * second)
        #expect(daemon.health.current.back == 1)
        #expect(!daemon.health.current.isAffected)
        #expect(daemon.evaluations - before >= 8)
    }

    @Test func `after the process was stopped for a minute causes no storm of alerts`() throws {
        let daemon = try FakeDaemon()
        daemon.run(for: 600 * second)
        daemon.stand(still: 60 * second)
        daemon.run(for: 120 * second)
        #expect(daemon.transitions.isEmpty, "\(daemon.transitions)")
        #expect(daemon.health.current.stalls == 1)
        #expect(daemon.health.current.lastStep == 0)
    }
}
