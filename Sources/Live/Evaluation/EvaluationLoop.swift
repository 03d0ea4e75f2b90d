import Engine
import Logging
package import Pipeline
import Rules
package import Scrape
import ServiceLifecycle
import Support
import Synchronization

/// Reads the clock, evaluates the rules that are due, and restarts evaluation if the clock was set or the process was
/// stopped.
struct EvaluationLoop {
    private let pipeline: Pipeline
    private let clock: DaemonClock
    private let health: ClockHealth
    private let log: RateLimitedLog
    private let onEvaluation: ([AlertTransition], _ now: Int64, _ nanoseconds: Int64) -> Void
    private var watch = ClockWatch()
    /// When a clock reading was last recorded although nothing was due, in Unix nanoseconds.
    private var noted: Int64 = 0
    /// When readiness returns even if no rule is due, by the monotonic clock.
    private var affectedUntil: Int64 = 0

    /// Interval in nanoseconds at which clock readings are recorded although nothing is due.
    private static let noteInterval: Int64 = 1_000_000_000
    private static let affectedMax: Int64 = 60_000_000_000

    /// - Parameter onEvaluation: gets the alert transitions, the time, and the duration of an evaluation in
    ///   nanoseconds.
    init(
        _ pipeline: Pipeline, clock: DaemonClock = .system, health: ClockHealth, log: RateLimitedLog,
        onEvaluation: @escaping ([AlertTransition], _ now: Int64, _ nanoseconds: Int64) -> Void
    ) {
        self.pipeline = pipeline
        self.clock = clock
        self.health = health
        self.log = log
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
            let dropped = jump(to: now, at: monotonic)
            warn("the wall clock was set: evaluation restarts at the current time", seconds: step, dropped: dropped)
        case .stall(let pause):
            health.change { $0.stalls += 1 }
            warn("the process was stopped: no rule is evaluated for that time", seconds: pause)
            _ = jump(to: now, at: monotonic)
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

    /// - Returns: how many spans are in no range any more, since they ended later.
    private mutating func jump(to now: Int64, at monotonic: Int64) -> Int {
        let before = pipeline.windowGauges().setBack
        pipeline.jump(to: now)
        noted = now
        affectedUntil = monotonic.addingSaturating(Self.affectedMax)
        health.change { $0.isAffected = !pipeline.evaluation.groups.isEmpty }
        return pipeline.windowGauges().setBack - before
    }

    private func note(step: Int64) {
        health.change { counts in
            counts.lastStep = Double(step) / 1e9
            if step > 0 { counts.ahead += 1 } else { counts.back += 1 }
        }
    }

    private func warn(_ what: Logger.Message, seconds: Int64, dropped: Int = 0) {
        log.note(.warning, what) {
            let step: Logger.Metadata = ["seconds": "\(Double(seconds) / 1e9)"]
            return dropped > 0 ? step.merging(["spans_dropped": "\(dropped)"]) { $1 } : step
        }
    }
}

/// Runs the evaluation loop as a service and hands its alerts over.
package struct EvaluationTicker: Service {
    private let pipeline: Pipeline
    private let delivery: Delivery
    private let durations: EvaluationDurations
    private let health: ClockHealth
    private let log: RateLimitedLog

    /// Interval of clock readings: a fraction of the shortest useful rule interval.
    private static let period = Duration.milliseconds(250)

    package init(
        _ pipeline: Pipeline, delivery: Delivery, durations: EvaluationDurations, health: ClockHealth,
        log: RateLimitedLog
    ) {
        self.pipeline = pipeline
        self.delivery = delivery
        self.durations = durations
        self.health = health
        self.log = log
    }

    package func run() async throws {
        let loop = Mutex(
            EvaluationLoop(pipeline, health: health, log: log) { transitions, now, nanoseconds in
                durations.observe(.nanoseconds(nanoseconds))
                delivery.hand(on: transitions, at: now) {
                    pipeline.savedAlerts()
                } active: {
                    pipeline.evaluation.alerts + pipeline.evaluation.firingIncidents
                }
            })
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                loop.withLock { $0.look() }
                do { try await Task.sleep(for: Self.period) } catch { return }
            }
        }
        // Evaluates what became due while the receivers finished.
        loop.withLock { $0.look() }
    }
}

/// Durations of evaluations, counted for the scrape.
package final class EvaluationDurations: Sendable {
    /// Seconds.
    static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]

    package struct Counts {
        var buckets = [Int](repeating: 0, count: EvaluationDurations.bounds.count + 1)
        var sum = 0.0
    }

    private let counts = Mutex(Counts())

    package init() {}

    func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        counts.withLock { counts in
            counts.buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            counts.sum += seconds
        }
    }

    package var current: Counts { counts.withLock { $0 } }
}

extension EvaluationDurations {
    private static let shownBounds = HistogramBounds(bounds)

    package static let metrics = MetricTable<Counts>([
        .family(
            "faultline_rule_evaluation_duration_seconds", .histogram, unit: "seconds",
            help: "Time taken to evaluate the rules that were due."
        ) { durations, exposition in
            exposition.histogram(shownBounds, counts: durations.buckets, sum: durations.sum)
        }
    ])
}
