import Logging
import Rules
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reads the rules again on SIGHUP: whole, or not at all.
final class RuleReload: Service {
    private let source: RuleSource
    private let pipeline: Pipeline
    private let delivery: Delivery
    private let logger: Logger
    private let succeeded = Atomic<Bool>(true)

    init(source: RuleSource, pipeline: Pipeline, delivery: Delivery, logger: Logger) {
        self.source = source
        self.pipeline = pipeline
        self.delivery = delivery
        self.logger = logger
    }

    /// The value of `faultline_config_last_reload_successful`.
    var lastSucceeded: Bool { succeeded.load(ordering: .relaxed) }

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown()
        for await _ in signals { reload() }
    }

    private func reload() {
        do {
            let rules = try source.load()
            try delivery.replace(rules.sinksOrDefault)
            let dropped = pipeline.replaceRules(rules.groups)
            succeeded.store(true, ordering: .relaxed)
            logger.notice(
                "rules reloaded",
                metadata: [
                    "rules": "\(rules.groups.reduce(0) { $0 + $1.rules.count })", "alerts_dropped": "\(dropped.count)",
                ])
        } catch {
            succeeded.store(false, ordering: .relaxed)
            logger.error("rules not reloaded, the old ones stay", metadata: ["problems": "\(error)"])
        }
    }
}
