import Logging
import Notify
import Rules
import Synchronization

/// The sinks in force, and what they are told. What an evaluation found comes to disk in two steps: first the state of
/// alerts, then the sinks' queues; then it is sent. So whenever the process dies, the next one knows every alert that
/// anybody was told of, and who is still to be told. The evaluating thread hands over, and waits for no disk.
final class Delivery: Sendable {
    private struct Progress {
        /// Of the last hand-over.
        var sequence: Int
        /// What waits until the state of alerts is on disk.
        var held: [(sequence: Int, transitions: [AlertTransition])] = []
        /// What some queue may not have on disk, as the state of alerts says.
        var untold: [UntoldAlert] = []
        var repetition = AlertRepetition()
    }

    private let dispatcher: AlertDispatcher
    private let progress: Mutex<Progress>
    private let externalLabels: [String: String]
    private let state: StateDirectory?
    private let queueLimit: Int
    private let diskPatience: Duration

    /// Reads the queues on disk, and goes on with what they hold.
    /// - Parameters:
    ///   - externalLabels: added to every alert that is delivered.
    ///   - state: where alerts are kept, and what could not be delivered yet; nil for memory alone.
    ///   - untold: what the last process left in `state`.
    ///   - queueLimit: alerts that may wait for one sink.
    ///   - diskPatience: how long alerts wait for a disk before they are told all the same.
    init(
        _ sinks: [any AlertSink], externalLabels: [String: String] = [:], state: StateDirectory?,
        untold: [UntoldAlert] = [], queueLimit: Int, diskPatience: Duration = DiskPatience.limit,
        log: RateLimitedLog
    ) {
        self.externalLabels = externalLabels
        self.state = state
        self.queueLimit = queueLimit
        self.diskPatience = diskPatience
        dispatcher = AlertDispatcher(
            sinks: sinks, directory: state?.delivery, queueLimit: queueLimit, diskPatience: diskPatience,
            onFailure: { sink, reason in
                // Numbers that come to stand at the front of a reason must not make causes many.
                log.note(
                    .warning, "alerts were not delivered",
                    cause: "not delivered \(sink): \(reason.drop { $0.isNumber })"
                ) {
                    ["sink": "\(sink)", "reason": "\(reason)"]
                }
            }
        )
        let sequence = max(dispatcher.sequenceAtStart, untold.map(\.sequence).max() ?? 0)
        progress = Mutex(Progress(sequence: sequence, untold: untold))
        // Those of one hand-over together, as they were.
        for sequence in Set(untold.map(\.sequence)).sorted() {
            let transitions = untold.filter { $0.sequence == sequence }.map(\.transition)
            dispatcher.submit(transitions, sequence: sequence, isAgain: true)
        }
    }

    /// Hands over what an evaluation found. Waits for nothing.
    /// - Parameters:
    ///   - saved: the alerts as the evaluation left them; nil before the first.
    ///   - active: the pending and firing alerts, for sinks that have to be told again.
    ///   - now: Unix nanoseconds.
    func hand(
        on transitions: [AlertTransition], at now: Int64, saved: () -> SavedAlerts?, active: () -> [Alert]
    ) {
        let sequence = hold(transitions.filter(\.isNotified).map(labelled))
        if let state {
            state.save(isChanged: !transitions.isEmpty, at: now) {
                saved()?.adding(untold: untold())
            } whenDone: {
                if let sequence { self.release(upTo: sequence) }
            }
            if let sequence { DiskPatience.after(diskPatience) { [weak self] in self?.release(upTo: sequence) } }
        } else if let sequence {
            release(upTo: sequence)
        }
        repeatAlerts(at: now, active: active)
    }

    private func hold(_ transitions: [AlertTransition]) -> Int? {
        guard !transitions.isEmpty else { return nil }
        return progress.withLock { progress in
            progress.sequence += 1
            let sequence = progress.sequence
            progress.held.append((sequence, transitions))
            if state != nil {
                progress.untold += transitions.map { UntoldAlert($0.alert, sequence: sequence) }
            }
            progress.repetition.note(transitions.map(\.alert))
            return sequence
        }
    }

    /// Puts into the queues what was held up to a hand-over.
    private func release(upTo sequence: Int) {
        // Under the lock, so that hand-overs keep their order; queues wait for nothing.
        progress.withLock { progress in
            let due = progress.held.prefix { $0.sequence <= sequence }
            progress.held.removeFirst(due.count)
            for (sequence, transitions) in due { dispatcher.submit(transitions, sequence: sequence) }
        }
    }

    /// What some queue may not have on disk.
    private func untold() -> [UntoldAlert] {
        progress.withLock { progress in
            let firstHeld = progress.held.first?.sequence
            let first = [firstHeld, dispatcher.firstUnkept].compactMap(\.self).min() ?? .max
            // No more than a queue holds: what is beyond it is dropped there too.
            progress.untold = progress.untold.filter { $0.sequence >= first }.suffix(queueLimit)
            return progress.untold
        }
    }

    /// Tells those sinks again that forget, when it is time and there is nothing they have to be told first.
    private func repeatAlerts(at now: Int64, active: () -> [Alert]) {
        guard dispatcher.wantsRepeats, progress.withLock({ $0.held.isEmpty && $0.repetition.isDue(at: now) }) else {
            return
        }
        let active = active().map(labelled)
        dispatcher.submitRepeats(progress.withLock { $0.repetition.alerts(at: now, active: active) })
    }

    private func labelled(_ transition: AlertTransition) -> AlertTransition {
        var transition = transition
        transition.alert = labelled(transition.alert)
        return transition
    }

    /// The alert with labels that tell where it comes from; those it has itself stay. One without a value is none.
    private func labelled(_ alert: Alert) -> Alert {
        var alert = alert
        alert.labels.merge(externalLabels.filter { !$0.value.isEmpty }) { own, _ in own }
        return alert
    }

    var notifications: [DeliveryCounters.Row] { dispatcher.notifications }

    /// How many alerts wait for each sink.
    var waiting: [(sink: String, count: Int)] {
        let held = progress.withLock { $0.held.reduce(0) { $0 + $1.transitions.count } }
        return dispatcher.waiting.map { ($0.sink, $0.count + held) }
    }

    /// Takes other sinks, and reads their headers again. Waits for the disk.
    func replace(_ definitions: [SinkDefinition]) throws(WebhookHeaders.FormatError) {
        dispatcher.replace(try AlertSinks.make(definitions))
    }

    /// Brings to disk and to sinks what is left, when nothing is evaluated any more.
    /// - Parameter timeout: for the sinks; the disk has as long before and behind.
    func finish(at now: Int64, timeout: Duration, saved: () -> SavedAlerts?) async {
        await save(at: now, timeout, saved)
        release(upTo: .max)
        await dispatcher.drain(timeout: timeout)
        // Who was told since then.
        await save(at: now, timeout, saved)
    }

    private func save(at now: Int64, _ timeout: Duration, _ saved: () -> SavedAlerts?) async {
        guard let state else { return }
        await DiskPatience.wait(timeout) { done in
            state.save(isChanged: true, at: now) {
                saved()?.adding(untold: untold())
            } whenDone: {
                done()
            }
        }
    }
}
