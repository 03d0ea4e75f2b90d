import Logging
package import Notify
package import Rules
package import Scrape
import Synchronization

/// The sinks in force, and what they have to deliver. Results of an evaluation are saved in two steps before they are
/// sent: first the state of alerts, then the sinks' queues. If the process dies, the next one therefore knows every
/// alert that was sent and what is still to be sent. The evaluating thread never waits for a disk.
package final class Delivery: Sendable {
    private struct Progress {
        /// Number of the last hand-over.
        var sequence: Int
        /// Waits until the state of alerts is on disk.
        var held: [(sequence: Int, transitions: [AlertTransition])] = []
        /// Alerts that some queue may not have on disk, saved with the state of alerts.
        var unsent: [UnsentAlert] = []
        var repetition = AlertRepetition()
    }

    private let dispatcher: AlertDispatcher
    private let progress: Mutex<Progress>
    private let externalLabels: [String: String]
    private let links: AlertLinks
    private let state: StateDirectory?
    private let queueLimit: Int
    private let diskPatience: Duration

    /// Reads the queues on disk and continues with them.
    /// - Parameters:
    ///   - externalLabels: added to every delivered alert.
    ///   - links: to the page, for sinks that replace these.
    ///   - state: the directory for alerts and undelivered notifications; nil for memory only.
    ///   - unsent: what the last process left in `state`.
    ///   - queueLimit: alerts that may wait for one sink.
    ///   - diskPatience: how long alerts wait for a disk before they are sent anyway.
    package init(
        _ sinks: [any AlertSink], externalLabels: [String: String] = [:], links: AlertLinks = .none,
        state: StateDirectory?,
        unsent: [UnsentAlert] = [], queueLimit: Int, diskPatience: Duration = DiskPatience.limit,
        log: RateLimitedLog
    ) {
        self.externalLabels = externalLabels
        self.links = links
        self.state = state
        self.queueLimit = queueLimit
        self.diskPatience = diskPatience
        dispatcher = AlertDispatcher(
            sinks: sinks, directory: state?.delivery, queueLimit: queueLimit, diskPatience: diskPatience,
            onFailure: { sink, reason in
                // Drop leading digits, so that reasons with numbers don't become many causes.
                log.note(
                    .warning, "alerts were not delivered",
                    cause: "not delivered \(sink): \(reason.drop { $0.isNumber })"
                ) {
                    ["sink": "\(sink)", "reason": "\(reason)"]
                }
            }
        )
        let sequence = max(dispatcher.sequenceAtStart, unsent.map(\.sequence).max() ?? 0)
        progress = Mutex(Progress(sequence: sequence, unsent: unsent))
        // Resubmit each hand-over as a whole.
        for sequence in Set(unsent.map(\.sequence)).sorted() {
            let transitions = unsent.filter { $0.sequence == sequence }.map(\.transition)
            dispatcher.submit(transitions, sequence: sequence, isAgain: true)
        }
    }

    /// Hands over the results of an evaluation, without blocking.
    /// - Parameters:
    ///   - saved: the alerts as the evaluation left them; nil before the first.
    ///   - active: the pending and firing alerts, for sinks that need repetition.
    ///   - now: Unix nanoseconds.
    func hand(
        on transitions: [AlertTransition], at now: Int64, saved: () -> SavedAlerts?, active: () -> [Alert]
    ) {
        let sequence = hold(transitions.filter(\.isNotified).map(labelled))
        if let state {
            state.save(isChanged: !transitions.isEmpty, at: now) {
                saved()?.adding(unsent: unsent())
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
                progress.unsent += transitions.map { UnsentAlert($0.alert, sequence: sequence) }
            }
            progress.repetition.note(transitions.map(\.alert))
            return sequence
        }
    }

    /// Moves held hand-overs up to a number to the queues.
    private func release(upTo sequence: Int) {
        // Under the lock, to keep the order of hand-overs. Queues don't block.
        progress.withLock { progress in
            let due = progress.held.prefix { $0.sequence <= sequence }
            progress.held.removeFirst(due.count)
            for (sequence, transitions) in due { dispatcher.submit(transitions, sequence: sequence) }
        }
    }

    /// Alerts that some queue may not have on disk.
    private func unsent() -> [UnsentAlert] {
        progress.withLock { progress in
            let firstHeld = progress.held.first?.sequence
            let first = [firstHeld, dispatcher.firstUnkept].compactMap(\.self).min() ?? .max
            // At most as many as a queue holds; it would drop the rest anyway.
            progress.unsent = progress.unsent.filter { $0.sequence >= first }.suffix(queueLimit)
            return progress.unsent
        }
    }

    /// Repeats active alerts to sinks that forget them, when due and if no first delivery waits.
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

    /// Adds the external labels that the alert lacks. Empty ones are not labels.
    private func labelled(_ alert: Alert) -> Alert {
        var alert = alert
        alert.labels.merge(externalLabels.filter { !$0.value.isEmpty }) { own, _ in own }
        return alert
    }

    var notifications: [DeliveryCounters.Row] { dispatcher.notifications }

    /// Alerts waiting for each sink.
    var waiting: [(sink: String, count: Int)] {
        let held = progress.withLock { $0.held.reduce(0) { $0 + $1.transitions.count } }
        return dispatcher.waiting.map { ($0.sink, $0.count + held) }
    }

    /// Replaces the sinks and reads their headers again. Blocks on the disk.
    func replace(_ definitions: [any SinkDefinition]) throws(WebhookHeaders.FormatError) {
        dispatcher.replace(try AlertSinks.make(definitions, links: links))
    }

    /// Saves and delivers the rest after the last evaluation.
    /// - Parameter timeout: limit for the sinks, and again for the disk before and after.
    package func finish(at now: Int64, timeout: Duration, saved: () -> SavedAlerts?) async {
        await save(at: now, timeout, saved)
        release(upTo: .max)
        await dispatcher.drain(timeout: timeout)
        // Record what was delivered meanwhile.
        await save(at: now, timeout, saved)
    }

    private func save(at now: Int64, _ timeout: Duration, _ saved: () -> SavedAlerts?) async {
        guard let state else { return }
        await DiskPatience.wait(timeout) { done in
            state.save(isChanged: true, at: now) {
                saved()?.adding(unsent: unsent())
            } whenDone: {
                done()
            }
        }
    }
}

extension Delivery {
    package static let metrics = MetricTable<Delivery>([
        .family(
            "faultline_notifications", .counter, labels: ["sink", "outcome"],
            help: "Alerts sent to sinks, by outcome."
        ) { delivery, exposition in
            for row in delivery.notifications {
                exposition.sample(Double(row.count), [row.sink, row.outcome.rawValue])
            }
        },
        .family(
            "faultline_notifications_queue_length", .gauge, labels: ["sink"],
            help: "Alerts waiting for a sink."
        ) { delivery, exposition in
            for (sink, count) in delivery.waiting { exposition.sample(Double(count), [sink]) }
        },
    ])
}
