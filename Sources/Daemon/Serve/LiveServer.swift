import Foundation
package import Logging
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
            limit: limit, open: DescriptorBudget.openNow(), cores: System.coreCount, wanted: wanted)
        if budget.receiver < wanted {
            logger.notice(
                "fewer connections than configured, because of the limit of open files",
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

/// Divides the process's file descriptors among connections.
///
/// The reserve must never run out: without a free descriptor Dispatch can't inspect its own threads in /proc and aborts
/// the process.
struct DescriptorBudget: Equatable {
    /// Connections per receiver.
    let receiver: Int
    /// Connections of scrape and API.
    let admin: Int
    /// Event loops of the receivers.
    let loops: Int

    struct TooFew: Error, CustomStringConvertible {
        let limit: Int
        let needed: Int

        var description: String {
            "only \(limit) files may be open: the daemon needs at least \(needed) (ulimit -n, LimitNOFILE=)"
        }
    }

    /// Epoll, its wake-up and its timer.
    private static let perLoop = 3
    /// Standard streams, three listening sockets, and what Dispatch opens for signals and timers.
    private static let always = 14
    private static let adminMax = 128
    private static let connectionsMin = 4
    /// Connections being closed.
    private static let leaving = 6

    /// - Parameters:
    ///   - limit: the limit of open files.
    ///   - open: files already open, besides the standard streams.
    ///   - wanted: the configured connections per receiver.
    init(limit: Int, open: Int, cores: Int, wanted: Int) throws(TooFew) {
        loops = max(1, min(cores, limit / 32))
        // Archives, state, sinks, rules and reads of /proc.
        let files = min(max(limit / 8, 16), 64)
        let reserve = Self.always + open + Self.perLoop * (loops + 1) + files + Self.leaving
        let room = limit - reserve
        guard room >= 3 * Self.connectionsMin else {
            throw TooFew(limit: limit, needed: reserve + 3 * Self.connectionsMin)
        }
        admin = min(max(room / 4, Self.connectionsMin), Self.adminMax)
        receiver = min((room - admin) / 2, wanted)
    }

    /// Raises the soft limit of open files to the hard limit and returns it.
    static func raiseLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        let soft = limit.rlim_cur
        if soft < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = soft }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Open files besides the standard streams.
    static func openNow() -> Int {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 0
        return max(all - 4, 0)
    }
}
