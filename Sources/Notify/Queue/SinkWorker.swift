import Rules
import Synchronization

/// Carries batches to one sink, again and again until they are delivered, refused, or too old.
struct SinkWorker: Sendable {
    /// The sink of now: a reload may give it other headers.
    let sink: @Sendable () -> any AlertSink
    let context: DeliveryContext
    var jitter: Jitter

    /// - Returns: whether the batch is done with; if not, the task was cancelled.
    mutating func carry(_ batch: [DeliveryQueue.Entry]) async -> Bool {
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
                context.giveUp(alerts, sink.name, .failed, reason)
                return true
            case .unavailable(let reason, let wish):
                failures += 1
                guard !Task.isCancelled else { return false }
                let now = context.now()
                if alerts.allSatisfy({ context.retry.isTooOld($0, now: now) }) {
                    context.giveUp(alerts, sink.name, .failed, "too old; \(reason)")
                    return true
                }
                context.onFailure(sink.name, "\(reason); will be attempted again")
                do {
                    try await context.pause(context.retry.pause(after: failures, wish: wish, jitter: jitter.next()))
                } catch {
                    return false
                }
                context.counters.add(alerts.count, sink.name, .retried)
            }
        }
    }

    /// What is told again is told once more with the next repetition, whatever comes of it.
    private func note(_ attempt: DeliveryAttempt, of count: Int, _ sink: String) {
        switch attempt {
        case .delivered: context.counters.add(count, sink, .delivered)
        case .rejected(let reason), .unavailable(let reason, _):
            context.counters.add(count, sink, .failed)
            context.onFailure(sink, "\(reason); the alerts will be told again")
        }
    }
}

/// What workers of all sinks share.
struct DeliveryContext: Sendable {
    let retry: RetryPolicy
    let counters: DeliveryCounters
    let deadLetters: DeadLetters?
    let now: @Sendable () -> Int64
    let pause: AlertDispatcher.Pause
    let onFailure: @Sendable (_ sink: String, _ reason: String) -> Void

    /// Writes down what is given up.
    func giveUp(_ alerts: [Alert], _ sink: String, _ outcome: DeliveryOutcome, _ reason: String) {
        guard !alerts.isEmpty else { return }
        counters.add(alerts.count, sink, outcome)
        do {
            try deadLetters?.add(alerts, sink: sink, reason: reason)
        } catch {
            onFailure(sink, "the dead letters can't be written to disk: \(error)")
        }
        onFailure(sink, "\(alerts.count) alerts not delivered: \(reason)")
    }
}

/// A small random generator (SplitMix64) that a seed makes repeatable.
struct Jitter: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number in 0..<1.
    mutating func next() -> Double {
        Double.random(in: 0..<1, using: &self)
    }
}
