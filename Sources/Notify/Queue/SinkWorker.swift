import Rules
import Synchronization

/// Delivers batches to one sink, retrying each until it is delivered, rejected, or too old.
struct SinkWorker: Sendable {
    /// The current sink: a reload may change its headers.
    let sink: @Sendable () -> any AlertSink
    let context: DeliveryContext
    var jitter: Jitter

    /// Delivers from a queue until it is closed and empty, or the task is cancelled.
    mutating func run(_ queue: DeliveryQueue) async {
        while let batch = await queue.nextBatch(), await deliver(batch) { queue.finish(batch) }
    }

    /// - Returns: whether the batch is done; if not, the task was cancelled.
    private mutating func deliver(_ batch: [DeliveryQueue.Entry]) async -> Bool {
        let alerts = batch.map(\.alert)
        var failures = 0
        while true {
            let sink = sink()
            let attempt = await sink.deliver(alerts)
            if batch.allSatisfy(\.isRepeat) {
                note(attempt, of: alerts.count, sink.name)
                return true
            }
            switch attempt {
            case .delivered:
                context.counters.add(alerts.count, sink.name, .delivered)
                return true
            case .rejected(let reason):
                await giveUp(alerts, sink.name, reason)
                return true
            case .unavailable(let reason, let wish):
                failures += 1
                guard !Task.isCancelled else { return false }
                let now = context.now()
                if alerts.allSatisfy({ context.retry.isTooOld($0, now: now) }) {
                    await giveUp(alerts, sink.name, "too old; \(reason)")
                    return true
                }
                context.onFailure(sink.name, "\(reason); will retry")
                do {
                    try await context.pause(context.retry.pause(after: failures, wish: wish, jitter: jitter.next()))
                } catch {
                    return false
                }
                context.counters.add(alerts.count, sink.name, .retried)
            }
        }
    }

    /// Returns when the dead letters are on disk: only then may the queue forget the alerts.
    private func giveUp(_ alerts: [Alert], _ sink: String, _ reason: String) async {
        await DiskPatience.wait { done in context.giveUp(alerts, sink, .failed, reason, whenDone: done) }
    }

    /// Counts an attempt to send repeats. They are sent again with the next repetition, whatever the outcome.
    private func note(_ attempt: DeliveryAttempt, of count: Int, _ sink: String) {
        switch attempt {
        case .delivered: context.counters.add(count, sink, .delivered)
        case .rejected(let reason), .unavailable(let reason, _):
            context.counters.add(count, sink, .failed)
            context.onFailure(sink, "\(reason); the alerts will be sent again")
        }
    }
}

/// What the workers of all sinks share.
struct DeliveryContext: Sendable {
    let retry: RetryPolicy
    let counters: DeliveryCounters
    let deadLetters: DeadLetters?
    let now: @Sendable () -> Int64
    let pause: AlertDispatcher.Pause
    let onFailure: @Sendable (_ sink: String, _ reason: String) -> Void

    /// Counts alerts that are given up, and queues them for the dead letters.
    /// - Parameter whenDone: called when they are on disk, or can't be written.
    func giveUp(
        _ alerts: [Alert], _ sink: String, _ outcome: DeliveryOutcome, _ reason: String,
        whenDone: @escaping @Sendable () -> Void = {}
    ) {
        guard !alerts.isEmpty else { return whenDone() }
        counters.add(alerts.count, sink, outcome)
        let onFailure = onFailure
        let finish: @Sendable ((any Error)?) -> Void = { error in
            if let error { onFailure(sink, "the dead letters can't be written to disk: \(error)") }
            onFailure(sink, "\(alerts.count) \(alerts.count == 1 ? "alert" : "alerts") not delivered: \(reason)")
            whenDone()
        }
        guard let deadLetters else { return finish(nil) }
        deadLetters.add(alerts, sink: sink, reason: reason, whenDone: finish)
    }
}

/// The counts of `faultline_notifications_total{sink,outcome}`.
package final class DeliveryCounters: Sendable {
    package struct Row: Hashable, Sendable {
        package var sink: String
        package var outcome: DeliveryOutcome
        package var count: Int
    }

    private struct Key: Hashable {
        var sink: String
        var outcome: DeliveryOutcome
    }

    private let counts = Mutex<[Key: Int]>([:])

    init() {}

    func add(_ count: Int, _ sink: String, _ outcome: DeliveryOutcome) {
        counts.withLock { $0[Key(sink: sink, outcome: outcome), default: 0] += count }
    }

    /// All outcomes of the given sinks, including those that never happened: a counter can't be watched if it only
    /// appears with the first failure.
    func rows(of sinks: [String]) -> [Row] {
        let counts = counts.withLock { $0 }
        return sinks.flatMap { sink in
            DeliveryOutcome.allCases.map { outcome in
                Row(sink: sink, outcome: outcome, count: counts[Key(sink: sink, outcome: outcome)] ?? 0)
            }
        }
    }
}
