import Logging
import Synchronization

/// Says in the log what was not delivered: one line for each cause in ten seconds, also in a storm.
final class DeliveryLog: Sendable {
    private static let interval = Duration.seconds(10)
    /// Causes are few; numbers that come to stand in them must not make them many.
    private static let causesMax = 1000

    private let logger: Logger
    private let said = Mutex<[String: ContinuousClock.Instant]>([:])

    init(_ logger: Logger) {
        self.logger = logger
    }

    func note(sink: String, reason: String) {
        let cause = "\(sink): \(reason.drop { $0.isNumber })"
        let now = ContinuousClock.now
        let isNew = said.withLock { said in
            if let last = said[cause], now - last < Self.interval { return false }
            if said.count >= Self.causesMax { said = [:] }
            said[cause] = now
            return true
        }
        guard isNew else { return }
        logger.warning("alerts were not delivered", metadata: ["sink": "\(sink)", "reason": "\(reason)"])
    }
}
