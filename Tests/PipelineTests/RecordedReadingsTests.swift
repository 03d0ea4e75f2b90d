import Engine
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
        case spans(ends: [Int64], arrival: Int64)
    }

    let events = Mutex<[Event]>([])

    func add(_ event: Event) { events.withLock { $0.append(event) } }
}

@Suite struct `A recording has every reading of the clock that matters` {
    private static let rules = """
        groups:
          - name: every second
            interval: 1s
            rules:
              - {alert: Many, select: {operation: Get}, when: count >= 4, over: 3s, for: 1s}
          - name: rarely
            interval: 7s
            rules:
              - {alert: More, select: {operation: Get}, when: count > 1.2 * count offset 5s, over: 5s}
        """

    private func pipeline(delay: Int64, record: Record? = nil) throws -> Pipeline {
        let file = try RuleFile(Self.rules, file: "rules.yaml", maximumWindow: 3600 * second, exactWindow: .max)
        var onClock: (@Sendable (ClockReading) -> Void)?
        if let record { onClock = { record.add(.clock($0.time)) } }
        return Pipeline(
            rules: RuleEvaluator(file.groups), limits: WindowLimits(), evaluationDelay: delay, onClock: onClock)
    }

    private func append(
        _ ends: [Int64], arrival: Int64, firstID: Int, to pipeline: Pipeline, inOrder: () -> Void = {}
    ) {
        var builder = BatchBuilder(firstID: UInt64(firstID + 1))
        for end in ends { builder.add(end: end) }
        _ = pipeline.append(builder.batch, arrival: arrival, inOrder: inOrder)
    }

    private func text(_ transition: AlertTransition) -> String {
        "\(transition.alert.name) \(transition.alert.state) at \(transition.time - start)"
    }

    /// The daemon reads its clock late and at odd moments, and long stretches are without spans.
    @Test(arguments: 0..<40) func `so that a replay finds the same spans late`(seed: UInt64) throws {
        var chance = SeededGenerator(seed: seed)
        let record = Record()
        let delay = chance.pick([0, second, 10 * second])
        let live = try pipeline(delay: delay, record: record)
        var (clock, count) = (start, 0)
        var transitions: [AlertTransition] = []
        var isQuiet = chance.pick([true, false])
        for _ in 0..<150 {
            clock += Int64(chance.number(1...2_500)) * 1_000_000
            if live.isEvaluationDue(at: clock) {
                transitions += live.advance(to: clock)
            } else {
                live.note(clock: clock)
            }
            if chance.number(0...19) == 0 { isQuiet.toggle() }
            for _ in 0..<(isQuiet ? 0 : chance.number(0...3)) {
                let arrival = clock + Int64(chance.number(0...50)) * 1_000_000
                let ends = (0..<chance.number(1...4)).map { _ in
                    arrival - Int64(chance.number(0...chance.pick([900, 15_000]))) * 1_000_000
                }
                append(ends, arrival: arrival, firstID: count, to: live) {
                    record.add(.spans(ends: ends, arrival: arrival))
                }
                count += ends.count
            }
        }

        let replay = try pipeline(delay: delay)
        var (repeated, taken) = ([AlertTransition](), 0)
        for event in record.events.withLock({ $0 }) {
            switch event {
            case .clock(let time):
                repeated += replay.advance(to: time)
                replay.note(clock: time)
            case .spans(let ends, let arrival):
                append(ends, arrival: arrival, firstID: taken, to: replay)
                taken += ends.count
            }
        }
        #expect(count > 0 && taken == count)
        #expect(replay.counts().spans == live.counts().spans)
        #expect(repeated.map(text) == transitions.map(text))
    }
}
