import Engine
import Logging
import Pipeline
import Rules
import Support

/// One look at the clock after the other: evaluates the rules whenever a time has become due, and begins anew where the clock
/// was set or the process stood still.
struct EvaluationLoop {
    private let pipeline: Pipeline
    private let clock: DaemonClock
    private let health: ClockHealth
    private let logger: Logger
    private let onEvaluation: ([AlertTransition], _ now: Int64, _ nanoseconds: Int64) -> Void
    private var watch = ClockWatch()
    /// When a reading of the clock was last told though nothing was due, Unix nanoseconds.
    private var noted: Int64 = 0
    /// By the monotonic clock, when a jump was last said, and when readiness comes back even if no rule is due for long.
    private var saidAt: Int64?
    private var affectedUntil: Int64 = 0

    /// Between readings of the clock that are told though nothing is due, nanoseconds.
    private static let noteInterval: Int64 = 1_000_000_000
    /// Between lines of the log about a clock that doesn't come to rest, nanoseconds.
    private static let sayInterval: Int64 = 10_000_000_000
    private static let affectedMax: Int64 = 60_000_000_000

    /// - Parameter onEvaluation: is told what evaluations found, the time, and how long they took.
    init(
        _ pipeline: Pipeline, clock: DaemonClock = .system, health: ClockHealth, logger: Logger,
        onEvaluation: @escaping ([AlertTransition], _ now: Int64, _ nanoseconds: Int64) -> Void
    ) {
        self.pipeline = pipeline
        self.clock = clock
        self.health = health
        self.logger = logger
        self.onEvaluation = onEvaluation
    }

    mutating func look() {
        let (now, monotonic) = (clock.wall(), clock.monotonic())
        switch watch.look(wall: now, monotonic: monotonic) {
        case .steady:
            evaluate(at: now)
        case .nudge(let step):
            note(step: step)
            evaluate(at: now)
        case .jump(let step):
            note(step: step)
            say("the wall clock was set: rules are evaluated anew from here", seconds: step, at: monotonic)
            jump(to: now, at: monotonic)
        case .stall(let pause):
            health.change { $0.stalls += 1 }
            say("the process stood still: no rule is evaluated for that time", seconds: pause, at: monotonic)
            jump(to: now, at: monotonic)
        }
        if monotonic >= affectedUntil { health.change { $0.isAffected = false } }
        watch.rest(at: clock.monotonic())
    }

    private mutating func evaluate(at now: Int64) {
        guard pipeline.isEvaluationDue(at: now) else {
            if now >= noted + Self.noteInterval || now < noted {
                noted = now
                pipeline.note(clock: now)
            }
            return
        }
        let start = clock.monotonic()
        let transitions = pipeline.advance(to: now)
        health.change { $0.isAffected = false }
        onEvaluation(transitions, now, clock.monotonic().subtractingSaturating(start))
    }

    private mutating func jump(to now: Int64, at monotonic: Int64) {
        pipeline.jump(to: now)
        noted = now
        affectedUntil = monotonic.addingSaturating(Self.affectedMax)
        health.change { $0.isAffected = !pipeline.evaluation.groups.isEmpty }
    }

    private func note(step: Int64) {
        health.change { counts in
            counts.lastStep = Double(step) / 1e9
            if step > 0 { counts.ahead += 1 } else { counts.back += 1 }
        }
    }

    private mutating func say(_ what: Logger.Message, seconds: Int64, at monotonic: Int64) {
        if let saidAt, monotonic.subtractingSaturating(saidAt) < Self.sayInterval { return }
        saidAt = monotonic
        logger.warning(what, metadata: ["seconds": "\(Double(seconds) / 1e9)"])
    }
}
