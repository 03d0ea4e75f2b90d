import Logging
import ServiceLifecycle
import Synchronization

/// Says things in the log that somebody else may cause at will: one line for each cause in ten seconds, with how often
/// it happened since the last.
final class RateLimitedLog: Service {
    private struct Cause {
        var last: ContinuousClock.Instant
        var unsaid = 0
        var level = Logger.Level.notice
        var message: Logger.Message = ""
        /// Of the last one that was not said.
        var metadata: Logger.Metadata = [:]
    }

    private static let interval = Duration.seconds(10)
    /// Causes are few; numbers that come to stand in them must not make them many.
    private static let causesMax = 1_000

    private let logger: Logger
    private let causes = Mutex<[String: Cause]>([:])
    private let clock: @Sendable () -> ContinuousClock.Instant

    init(_ logger: Logger, clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.logger = logger
        self.clock = clock
    }

    /// - Parameters:
    ///   - cause: nil for the message.
    ///   - metadata: of this one, as an example.
    func note(
        _ level: Logger.Level, _ message: Logger.Message, cause: String? = nil,
        metadata: () -> Logger.Metadata = { [:] }
    ) {
        let cause = cause ?? "\(message)"
        let now = clock()
        let isDue = causes.withLock { causes in
            guard let known = causes[cause], now - known.last < Self.interval else {
                // What a cause that is forgotten left unsaid is said first: `flush` does so in time.
                if causes.count >= Self.causesMax { causes = causes.filter { $0.value.unsaid > 0 } }
                if let unsaid = causes[cause]?.unsaid, unsaid > 0 {
                    causes[cause]?.unsaid += 1
                    return false
                }
                causes[cause] = Cause(last: now)
                return true
            }
            causes[cause]?.unsaid += 1
            // One example in a line will do, and making it takes longer than counting.
            guard known.unsaid == 0 else { return false }
            causes[cause]?.level = level
            causes[cause]?.message = message
            causes[cause]?.metadata = metadata()
            return false
        }
        if isDue { logger.log(level: level, message, metadata: metadata()) }
    }

    /// Says what is unsaid and due.
    /// - Parameter isLast: whether there is no later time to say it.
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

    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while true {
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
                flush()
            }
        }
        flush(isLast: true)
    }
}
