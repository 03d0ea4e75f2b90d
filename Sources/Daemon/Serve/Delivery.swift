import Logging
import Notify
import Rules
import Synchronization

/// The sinks in force, and what they are told.
final class Delivery: Sendable {
    private let dispatcher: AlertDispatcher
    private let repetition = Mutex(AlertRepetition())
    private let externalLabels: [String: String]

    /// - Parameters:
    ///   - externalLabels: added to every alert that is delivered.
    ///   - directory: where is kept what could not be delivered yet.
    ///   - queueLimit: alerts that may wait for one sink.
    init(
        _ definitions: [SinkDefinition], externalLabels: [String: String], directory: DeliveryDirectory?,
        queueLimit: Int, log: RateLimitedLog
    ) throws(WebhookHeaders.Fault) {
        self.externalLabels = externalLabels
        dispatcher = AlertDispatcher(
            sinks: try AlertSinks.make(definitions), directory: directory, queueLimit: queueLimit,
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
    }

    /// - Parameter isAgain: whether sinks may have been told of it before a restart.
    func submit(_ transitions: [AlertTransition], isAgain: Bool = false) {
        guard !transitions.isEmpty else { return }
        let told = transitions.map { transition in
            var transition = transition
            transition.alert = labelled(transition.alert)
            return transition
        }
        repetition.withLock { $0.note(told.filter(\.isNotified).map(\.alert)) }
        dispatcher.submit(told, isAgain: isAgain)
    }

    /// Tells those sinks again that forget, when it is time.
    /// - Parameters:
    ///   - now: Unix nanoseconds.
    ///   - active: the pending and firing alerts.
    func repeatAlerts(at now: Int64, active: () -> [Alert]) {
        guard dispatcher.wantsRepeats, repetition.withLock({ $0.isDue(at: now) }) else { return }
        let active = active().map(labelled)
        dispatcher.submitRepeats(repetition.withLock { $0.alerts(at: now, active: active) })
    }

    private func labelled(_ alert: Alert) -> Alert { alert.adding(externalLabels: externalLabels) }

    var notifications: [DeliveryCounters.Row] { dispatcher.notifications }

    var waiting: [(sink: String, count: Int)] { dispatcher.waiting }

    /// Takes other sinks, and reads their headers again.
    func replace(_ definitions: [SinkDefinition]) throws(WebhookHeaders.Fault) {
        dispatcher.replace(try AlertSinks.make(definitions))
    }

    func drain(timeout: Duration) async {
        await dispatcher.drain(timeout: timeout)
    }
}
