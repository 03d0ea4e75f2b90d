import Foundation
package import Logging
import Live
import NIOCore
import NIOPosix
import Receivers
import Recording
package import RuleFiles
import Rules
import ServiceLifecycle
import UnixSignals

/// The daemon: receivers, window, rules, delivery and the HTTP surface.
package struct LiveServer {
    private let configuration: Configuration
    private let rules: RuleSet
    private let source: RuleSource
    private let logger: Logger

    /// Seconds that sinks get for their remaining alerts at shutdown.
    private static let deliverySeconds = 5

    package init(configuration: Configuration, source: RuleSource, rules: RuleSet, logger: Logger) {
        self.configuration = configuration
        self.source = source
        self.rules = rules
        self.logger = logger
    }

    private static func room(_ configuration: Configuration, _ logger: Logger) throws -> DescriptorBudget {
        let limit = DescriptorBudget.raiseLimit()
        let wanted = configuration.receivers.connections
        let budget = try DescriptorBudget(
            limit: limit, open: DescriptorBudget.openNow(), cores: System.coreCount, wanted: wanted,
            hasJaeger: configuration.jaeger != nil)
        if budget.receiver < wanted {
            logger.notice(
                "allowing fewer connections than configured: the limit on open files is too low",
                metadata: ["files": "\(limit)", "connections": "\(budget.receiver)", "configured": "\(wanted)"])
        }
        // Set this before anything asks for an event loop; each takes three descriptors.
        NIOSingletons.groupLoopCountSuggestion = budget.loops
        return budget
    }

    /// Serves until SIGTERM or SIGINT, then finishes requests and deliveries in progress.
    ///
    /// - Throws: if an address can't be bound or a sink's headers can't be read.
    package func run() async throws {
        let room = try Self.room(configuration, logger)
        let parts = try LiveParts(configuration, source: source, rules: rules, room: room, logger: logger)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: parts.services.map {
                    // If one fails, for example because its port is taken, shut the others down in order.
                    .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
                },
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        if let recorder = parts.recorder, let directory = configuration.recording.directory {
            recorder.start(configuration.recording, path: directory, clock: { WallClock.now }, logger: logger)
        }
        do {
            try await group.run()
        } catch {
            await parts.recorder?.stop()
            throw error
        }
        await parts.finish(deliveringFor: .seconds(Self.deliverySeconds))
    }
}
