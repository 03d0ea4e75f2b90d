import Pipeline
import Rules
import ServiceLifecycle
import Synchronization

/// Evaluates the rules whenever a time has become due by the wall clock, and hands the alerts on.
struct EvaluationTicker: Service {
    let pipeline: Pipeline
    let delivery: Delivery
    let durations: EvaluationDurations
    let health: ClockHealth
    let log: RateLimitedLog

    /// Seconds between looks at the clock: a fraction of the shortest useful interval.
    private static let period = Duration.milliseconds(250)

    func run() async throws {
        let loop = Mutex(
            EvaluationLoop(pipeline, health: health, log: log) { transitions, now, nanoseconds in
                durations.observe(.nanoseconds(nanoseconds))
                delivery.hand(on: transitions, at: now) {
                    pipeline.savedAlerts()
                } active: {
                    pipeline.evaluation.alerts
                }
            })
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                loop.withLock { $0.look() }
                do { try await Task.sleep(for: Self.period) } catch { return }
            }
        }
        // What became due while the receivers finished.
        loop.withLock { $0.look() }
    }
}

/// How long evaluations took, for the scrape.
final class EvaluationDurations: Sendable {
    /// Seconds.
    static let bounds = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10]

    struct Counts {
        var buckets = [Int](repeating: 0, count: EvaluationDurations.bounds.count + 1)
        var sum = 0.0
    }

    private let counts = Mutex(Counts())

    func observe(_ duration: Duration) {
        let seconds = duration / .seconds(1)
        counts.withLock { counts in
            counts.buckets[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            counts.sum += seconds
        }
    }

    var current: Counts { counts.withLock { $0 } }
}
