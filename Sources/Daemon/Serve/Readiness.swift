import Synchronization

/// Whether the daemon does its work: from when all its addresses are bound until it is told to stop, but not between a jump
/// of the clock and the next evaluation of the rules.
final class Readiness: Sendable {
    private let clock: ClockHealth
    private let missing: Atomic<Int>
    private let isStopping = Atomic<Bool>(false)

    init(addresses: Int, clock: ClockHealth) {
        self.clock = clock
        missing = Atomic(addresses)
    }

    func addressBound() {
        missing.subtract(1, ordering: .relaxed)
    }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
    }

    var isReady: Bool {
        missing.load(ordering: .relaxed) <= 0 && !isStopping.load(ordering: .relaxed) && !clock.current.isAffected
    }
}
