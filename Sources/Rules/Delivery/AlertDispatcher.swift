import Synchronization

/// Brings alerts to sinks. Each sink has a bounded queue and a task of its own, so that one that hangs delays
/// neither the others nor evaluation; alerts reach it in order, one batch at a time.
package final class AlertDispatcher: Sendable {
    /// Waits between attempts; tests pass one that doesn't.
    package typealias Pause = @Sendable (Duration) async throws -> Void

    /// Alerts that wait for one sink: two minutes of a receiver that is down in the worst of storms.
    package static let queueLimit = 10_000

    private struct Lane {
        let sink: any AlertSink
        let queue: DeliveryQueue
        let task: Task<Void, Never>
    }

    private let lanes: [Lane]
    private let counters = DeliveryCounters()

    /// - Parameters:
    ///   - onFailure: told the sink's name and why it failed, once for each failed batch or retry; free of secrets.
    ///   - seed: for the jitter between attempts.
    package init(
        sinks: [any AlertSink], queueLimit: Int = AlertDispatcher.queueLimit, retry: RetryPolicy = .standard,
        seed: UInt64 = .random(in: .min ... .max),
        pause: @escaping Pause = { try await Task.sleep(for: $0) },
        onFailure: @escaping @Sendable (_ sink: String, _ reason: String) -> Void = { _, _ in }
    ) {
        let counters = counters
        lanes = sinks.enumerated().map { number, sink in
            let queue = DeliveryQueue(limit: queueLimit)
            let courier = AlertCourier(
                sink: sink, retry: retry, counters: counters, jitter: Jitter(seed: seed &+ UInt64(number)),
                pause: pause, onFailure: onFailure)
            let task = Task {
                var courier = courier
                while let batch = await queue.nextBatch(limit: sink.batchLimit) { await courier.carry(batch) }
            }
            return Lane(sink: sink, queue: queue, task: task)
        }
    }

    /// Hands over what is to be told, and returns at once.
    package func submit(_ transitions: [AlertTransition]) {
        let alerts = transitions.filter(\.isNotified).map(\.alert)
        guard !alerts.isEmpty else { return }
        for lane in lanes {
            let dropped = lane.queue.append(alerts)
            if dropped > 0 { counters.add(dropped, lane.sink.name, .dropped) }
        }
    }

    /// Delivers what waits, for as long as `timeout`, then gives up. Nothing submitted afterwards is
    /// delivered. Returns whether nothing was left.
    @discardableResult
    package func drain(timeout: Duration) async -> Bool {
        for lane in lanes { lane.queue.close() }
        let isDone = await finishes(within: timeout)
        for lane in lanes {
            lane.task.cancel()
            let left = lane.queue.abandon()
            if left > 0 { counters.add(left, lane.sink.name, .dropped) }
        }
        return isDone
    }

    /// Counts since the start, for every sink and outcome.
    package var notifications: [DeliveryCounters.Row] { counters.rows(of: lanes.map(\.sink.name)) }

    /// Whether all tasks end within `timeout`. A task stuck in a write that can't be cancelled isn't waited for
    /// any longer than that.
    private func finishes(within timeout: Duration) async -> Bool {
        let (results, continuation) = AsyncStream.makeStream(of: Bool.self)
        let tasks = lanes.map(\.task)
        let work = Task {
            for task in tasks { await task.value }
            continuation.yield(true)
        }
        let timer = Task {
            do {
                try await Task.sleep(for: timeout)
                continuation.yield(false)
            } catch {}
        }
        defer {
            timer.cancel()
            work.cancel()
        }
        for await result in results { return result }
        return false
    }
}
