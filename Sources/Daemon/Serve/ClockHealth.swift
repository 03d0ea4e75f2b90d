import Synchronization

/// What became of the clock, for the scrape and for the readiness.
final class ClockHealth: Sendable {
    struct Counts: Equatable {
        var ahead = 0
        var back = 0
        var stalls = 0
        /// The last step, seconds; negative for one back.
        var lastStep = 0.0
        /// From a jump until rules are evaluated again.
        var isAffected = false
    }

    private let counts = Mutex(Counts())

    var current: Counts { counts.withLock { $0 } }

    func change(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }
}
