import Pipeline
import ServiceLifecycle
import Synchronization

/// Runs the evaluation loop as a service and hands its alerts over.
struct EvaluationTicker: Service {
    let pipeline: Pipeline
    let delivery: Delivery
    let durations: EvaluationDurations
    let health: ClockHealth
    let log: RateLimitedLog

    /// Interval of clock readings: a fraction of the shortest useful rule interval.
    private static let period = Duration.milliseconds(250)

    func run() async throws {
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
        // Evaluate what became due while the receivers finished.
        loop.withLock { $0.look() }
    }
}
