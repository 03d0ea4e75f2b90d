import Dispatch
package import Rules
import Synchronization

/// Delivers alerts to sinks. Each sink has its own bounded queue and task, so one that hangs delays neither the others
/// nor evaluation. Alerts reach a sink in order, one batch at a time, at least once.
package final class AlertDispatcher: Sendable {
    /// Waits between attempts. Tests pass one that returns at once.
    package typealias Pause = @Sendable (Duration) async throws -> Void

    /// How many alerts may wait for one sink.
    package static let queueLimit = 10_000

    /// How long a removed sink's remaining alerts are still delivered.
    private static let removalGrace = Duration.seconds(60)

    private struct Lane: Sendable {
        let sink: SinkSlot
        let queue: DeliveryQueue
        let task: Task<Void, Never>
    }

    /// Never locked while waiting for a disk, since evaluation and scrapes use it.
    private let lanes: Mutex<[Lane]>
    /// Held while sinks are replaced.
    private let replacing = Mutex(())
    private let context: DeliveryContext
    private let directory: DeliveryDirectory?
    private let queueLimit: Int
    private let diskPatience: Duration
    private let seeds: Mutex<Jitter>

    /// Reads the queues on disk, which blocks.
    /// - Parameters:
    ///   - directory: where queues are kept; what is in it is delivered first. nil keeps queues in memory.
    ///   - diskPatience: how long alerts wait for a disk before they are delivered anyway.
    ///   - seed: for the jitter between attempts.
    ///   - now: the clock, in nanoseconds since the epoch.
    ///   - onFailure: called with the sink's name and the reason, once for each failed attempt or batch; both are free
    ///     of secrets.
    package init(
        sinks: [any AlertSink], directory: DeliveryDirectory? = nil, queueLimit: Int = AlertDispatcher.queueLimit,
        retry: RetryPolicy = .standard, diskPatience: Duration = DiskPatience.limit,
        seed: UInt64 = .random(in: .min ... .max), now: (@Sendable () -> Int64)? = nil,
        pause: @escaping Pause = { try await Task.sleep(for: $0) },
        onFailure: @escaping @Sendable (_ sink: String, _ reason: String) -> Void = { _, _ in }
    ) {
        self.directory = directory
        self.queueLimit = queueLimit
        self.diskPatience = diskPatience
        context = DeliveryContext(
            retry: retry, counters: DeliveryCounters(), deadLetters: directory?.deadLetters,
            now: now ?? SinkClock.system, pause: pause, onFailure: onFailure)
        seeds = Mutex(Jitter(seed: seed))
        lanes = Mutex([])
        for (sink, var journal) in directory?.orphans(besides: sinks) ?? [] {
            if journal.load() { onFailure(sink, DeliveryJournal.damage) }
            context.giveUp(
                journal.content.alerts, sink, .failed, "the sink is no longer defined",
                whenDone: { [journal] in journal.remove() })
        }
        let first = sinks.map(lane)
        lanes.withLock { $0 = first }
    }

    private func lane(_ sink: any AlertSink) -> Lane {
        let onFailure = context.onFailure
        let name = sink.name
        let queue = DeliveryQueue(
            limit: queueLimit, batchLimit: sink.batchLimit, journal: sink.keepsQueue ? directory?.journal(sink) : nil,
            patience: diskPatience, onJournalFailure: { onFailure(name, $0) })
        let slot = SinkSlot(sink)
        let worker = SinkWorker(
            sink: { slot.sink }, context: context, jitter: Jitter(seed: seeds.withLock { $0.next() }))
        let task = Task {
            var worker = worker
            await worker.run(queue)
        }
        return Lane(sink: slot, queue: queue, task: task)
    }

    /// Queues alerts for all sinks without blocking. A sink with a journal gets them once they are on disk.
    /// - Parameters:
    ///   - sequence: the number of the hand-over, greater than all before it; zero for none. A journal keeps the last
    ///     one.
    ///   - isAgain: whether this may have been submitted before a restart. Then only sinks with journals get it, and
    ///     only what their journals don't have yet.
    package func submit(_ transitions: [AlertTransition], sequence: Int = 0, isAgain: Bool = false) {
        let alerts = transitions.filter(\.isNotified).map(\.alert)
        guard !alerts.isEmpty else { return }
        for lane in lanes.withLock({ $0 }) where !isAgain || lane.sink.sink.keepsQueue {
            let sink = lane.sink.sink
            let alerts = alerts.filter(sink.wants)
            // A journal keeps the number of the hand-over even if there is nothing in it for the sink.
            guard !alerts.isEmpty || lane.sink.sink.keepsQueue else { continue }
            context.giveUp(
                lane.queue.append(alerts, sequence: sequence, isAgain: isAgain), lane.sink.sink.name, .dropped,
                "the queue is full")
        }
    }

    /// The highest sequence number in the queues on disk when they were read.
    package var sequenceAtStart: Int { lanes.withLock { $0.map(\.queue.sequenceAtStart).max() ?? 0 } }

    /// The first sequence number that some journal doesn't have on disk yet; nil if there is none.
    package var firstUnkept: Int? { lanes.withLock { $0.compactMap(\.queue.firstUnkept).min() } }

    /// Whether any sink needs repeats.
    package var wantsRepeats: Bool { lanes.withLock { $0.contains { $0.sink.sink.wantsRepeats } } }

    /// Sends repeats to the sinks that need them, unless something else waits for them.
    package func submitRepeats(_ alerts: [Alert]) {
        for lane in lanes.withLock({ $0 }) where lane.sink.sink.wantsRepeats {
            // Sorted, so that alerts of one name go together.
            let sink = lane.sink.sink
            lane.queue.appendRepeats(alerts.filter(sink.wants).sorted { $0.name < $1.name })
        }
    }

    /// Replaces the sinks. Those that stay keep their queues; what is left for the others is delivered for a minute,
    /// then dropped. Blocks on the disk.
    package func replace(_ sinks: [any AlertSink]) {
        replacing.withLock { _ in
            var old = lanes.withLock { $0 }
            let new = sinks.map { sink in
                guard let index = old.firstIndex(where: { $0.sink.sink.identity == sink.identity }) else {
                    return lane(sink)
                }
                let kept = old.remove(at: index)
                kept.sink.replace(sink)
                return kept
            }
            lanes.withLock { $0 = new }
            for lane in old {
                lane.queue.close()
                if let directory { lane.queue.moveJournal(to: directory.removedJournalPath(lane.sink.sink)) }
            }
            if !old.isEmpty { drainRemoved(old) }
        }
    }

    private func drainRemoved(_ removed: [Lane]) {
        Task {
            _ = await Self.finish(removed.map(\.task), within: Self.removalGrace)
            for lane in removed {
                lane.task.cancel()
                context.giveUp(
                    lane.queue.abandon().alerts, lane.sink.sink.name, .dropped, "the sink is no longer defined",
                    whenDone: { lane.queue.removeJournal() })
            }
        }
    }

    /// Delivers what waits for up to `timeout`, then leaves the rest on disk for the next start, or drops it without a
    /// directory. Nothing submitted afterwards is delivered. Returns whether everything was delivered.
    @discardableResult
    package func drain(timeout: Duration) async -> Bool {
        let lanes = lanes.withLock { $0 }
        for lane in lanes { lane.queue.close() }
        let isDone = await Self.finish(lanes.map(\.task), within: timeout)
        for lane in lanes {
            lane.task.cancel()
            let left = lane.queue.abandon()
            guard !left.areKept else { continue }
            context.giveUp(left.alerts, lane.sink.sink.name, .dropped, "the daemon is stopping")
        }
        await DiskPatience.wait(diskPatience) { done in
            let files = DispatchGroup()
            for lane in lanes {
                files.enter()
                lane.queue.flush { files.leave() }
            }
            files.enter()
            if let directory { directory.deadLetters.flush { files.leave() } } else { files.leave() }
            files.notify(queue: .global(), execute: done)
        }
        return isDone
    }

    /// Counts since the start, for every sink and outcome.
    package var notifications: [DeliveryCounters.Row] {
        context.counters.rows(of: lanes.withLock { $0.map(\.sink.sink.name) })
    }

    /// How many alerts wait for each sink.
    package var waiting: [(sink: String, count: Int)] {
        lanes.withLock { $0.map { ($0.sink.sink.name, $0.queue.count) } }
    }

    /// Whether all tasks end within `timeout`. Doesn't wait longer for a task stuck in a write that can't be cancelled.
    private static func finish(_ tasks: [Task<Void, Never>], within timeout: Duration) async -> Bool {
        await DiskPatience.wait(timeout) { done in
            Task {
                for task in tasks { await task.value }
                done()
            }
        }
    }
}

/// A sink that can be replaced while in use.
private final class SinkSlot: Sendable {
    private let current: Mutex<any AlertSink>

    init(_ sink: any AlertSink) {
        current = Mutex(sink)
    }

    var sink: any AlertSink { current.withLock { $0 } }

    func replace(_ sink: any AlertSink) {
        current.withLock { $0 = sink }
    }
}
