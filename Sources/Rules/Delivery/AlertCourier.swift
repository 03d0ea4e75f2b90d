/// Carries batches to one sink, again and again until they are delivered, refused, or attempts run out.
struct AlertCourier: Sendable {
    let sink: any AlertSink
    let retry: RetryPolicy
    let counters: DeliveryCounters
    var jitter: Jitter
    let pause: AlertDispatcher.Pause
    let onFailure: @Sendable (_ sink: String, _ reason: String) -> Void

    mutating func carry(_ alerts: [Alert]) async {
        var failures = 0
        while true {
            switch await sink.deliver(alerts) {
            case .delivered:
                counters.add(alerts.count, sink.name, .delivered)
                return
            case .rejected(let reason):
                return fail(alerts, reason)
            case .unavailable(let reason, let wish):
                failures += 1
                guard failures < retry.attempts, !Task.isCancelled else { return fail(alerts, reason) }
                onFailure(sink.name, "\(reason); will be attempted again")
                do {
                    try await pause(retry.pause(after: failures, wish: wish, jitter: jitter.next()))
                } catch {
                    return fail(alerts, reason)
                }
                counters.add(alerts.count, sink.name, .retried)
            }
        }
    }

    private func fail(_ alerts: [Alert], _ reason: String) {
        counters.add(alerts.count, sink.name, .failed)
        onFailure(sink.name, "\(alerts.count) alerts not delivered: \(reason)")
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
