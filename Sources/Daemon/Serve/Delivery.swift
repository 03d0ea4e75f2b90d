import Logging
import Rules
import Synchronization

/// The sinks in force: a reload may exchange them.
final class Delivery: Sendable {
    private struct Current {
        var definitions: [SinkDefinition]
        var dispatcher: AlertDispatcher
    }

    private let current: Mutex<Current>
    private let externalLabels: [String: String]
    private let logger: Logger

    /// - Parameter externalLabels: added to every alert that is delivered.
    init(
        _ definitions: [SinkDefinition], externalLabels: [String: String], logger: Logger
    ) throws(WebhookHeaders.Fault) {
        self.externalLabels = externalLabels
        self.logger = logger
        let dispatcher = try Self.dispatcher(definitions, logger)
        current = Mutex(Current(definitions: definitions, dispatcher: dispatcher))
    }

    func submit(_ transitions: [AlertTransition]) {
        let told = transitions.map { transition in
            var transition = transition
            transition.alert = transition.alert.adding(externalLabels: externalLabels)
            return transition
        }
        current.withLock { $0.dispatcher }.submit(told)
    }

    var notifications: [DeliveryCounters.Row] { current.withLock { $0.dispatcher }.notifications }

    /// Takes other sinks; what the old ones hold is still delivered.
    func replace(_ definitions: [SinkDefinition]) throws(WebhookHeaders.Fault) {
        guard current.withLock({ $0.definitions != definitions }) else { return }
        let dispatcher = try Self.dispatcher(definitions, logger)
        let old = current.withLock { current in
            let old = current.dispatcher
            current = Current(definitions: definitions, dispatcher: dispatcher)
            return old
        }
        Task { await old.drain(timeout: .seconds(60)) }
    }

    func drain(timeout: Duration) async {
        await current.withLock { $0.dispatcher }.drain(timeout: timeout)
    }

    private static func dispatcher(
        _ definitions: [SinkDefinition], _ logger: Logger
    ) throws(WebhookHeaders.Fault) -> AlertDispatcher {
        AlertDispatcher(
            sinks: try AlertSinks.make(definitions),
            onFailure: { sink, reason in
                logger.warning("alerts were not delivered", metadata: ["sink": "\(sink)", "reason": "\(reason)"])
            })
    }
}
