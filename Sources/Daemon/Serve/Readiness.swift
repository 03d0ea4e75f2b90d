import Receivers
import ServiceLifecycle
import Synchronization

/// Readiness: true once all addresses are bound and until shutdown begins, except between a jump of the clock and the
/// next evaluation.
final class Readiness: Sendable {
    let clock: ClockHealth
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

/// The receivers; turns readiness off when they are asked to stop.
struct ReadyReceivers: Service {
    let receivers: Receivers
    let readiness: Readiness

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await receivers.run()
        } onGracefulShutdown: {
            readiness.stop()
        }
    }
}
