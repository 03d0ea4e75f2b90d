package import Logging
import ServiceLifecycle
import Synchronization

/// Logs events that clients can cause at will: one line per cause in ten seconds, with the number of events since the
/// last line.
package final class RateLimitedLog: Service {
    private struct Cause {
        var last: ContinuousClock.Instant
        var unsaid = 0
        var level = Logger.Level.notice
        var message: Logger.Message = ""
        /// Metadata of the last event that was not logged.
        var metadata: Logger.Metadata = [:]
    }

    private static let interval = Duration.seconds(10)
    /// A bound in case causes contain numbers.
    private static let causesMax = 1_000

    private let logger: Logger
    private let causes = Mutex<[String: Cause]>([:])
    private let clock: @Sendable () -> ContinuousClock.Instant

    package init(_ logger: Logger, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.logger = logger
        self.clock = clock
    }

    /// - Parameters:
    ///   - cause: nil uses the message.
    ///   - metadata: of this event, as an example.
    package func note(
        _ level: Logger.Level, _ message: Logger.Message, cause: String? = nil,
        metadata: () -> Logger.Metadata = { [:] }
    ) {
        let cause = cause ?? "\(message)"
        let now = clock()
        let isDue = causes.withLock { causes in
            guard let known = causes[cause], now - known.last < Self.interval else {
                // Keep causes with unlogged events; `flush` will log them.
                if causes.count >= Self.causesMax { causes = causes.filter { $0.value.unsaid > 0 } }
                if let unsaid = causes[cause]?.unsaid, unsaid > 0 {
                    causes[cause]?.unsaid += 1
                    return false
                }
                causes[cause] = Cause(last: now)
                return true
            }
            causes[cause]?.unsaid += 1
            // One example per line suffices, and making it costs more than counting.
            guard known.unsaid == 0 else { return false }
            causes[cause]?.level = level
            causes[cause]?.message = message
            causes[cause]?.metadata = metadata()
            return false
        }
        if isDue { logger.log(level: level, message, metadata: metadata()) }
    }

    /// Logs pending counts that are due.
    /// - Parameter isLast: logs all of them, because there is no later call.
    func flush(isLast: Bool = false) {
        let now = clock()
        let due = causes.withLock { causes in
            let due = causes.filter { $0.value.unsaid > 0 && (isLast || now - $0.value.last >= Self.interval) }
            for cause in due.keys { causes[cause] = Cause(last: now) }
            return due.sorted { $0.key < $1.key }
        }
        for (_, cause) in due {
            var metadata = cause.metadata
            metadata["since_last_line"] = "\(cause.unsaid)"
            logger.log(level: cause.level, cause.message, metadata: metadata)
        }
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while true {
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                flush()
            }
        }
        flush(isLast: true)
    }
}
