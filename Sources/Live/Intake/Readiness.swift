package import Receivers
import ServiceLifecycle
import Synchronization

/// Readiness: true once all addresses are bound and until shutdown begins, except between a jump of the clock and the
/// next evaluation.
package final class Readiness: Sendable {
    private let clock: ClockHealth
    private let missing: Atomic<Int>
    private let isStopping = Atomic<Bool>(false)

    package init(addresses: Int, clock: ClockHealth) {
        self.clock = clock
        missing = Atomic(addresses)
    }

    package func addressBound() {
        missing.subtract(1, ordering: .relaxed)
    }

    func stop() {
        isStopping.store(true, ordering: .relaxed)
    }

    package var isReady: Bool {
        missing.load(ordering: .relaxed) <= 0 && !isStopping.load(ordering: .relaxed) && !clock.current.isAffected
    }
}

/// The receivers; turns readiness off when they are asked to stop.
package struct ReadyReceivers: Service {
    private let receivers: Receivers
    private let readiness: Readiness

    package init(_ receivers: Receivers, _ readiness: Readiness) {
        self.receivers = receivers
        self.readiness = readiness
    }

    package func run() async throws {
        try await withGracefulShutdownHandler {
            try await receivers.run()
        } onGracefulShutdown: {
            readiness.stop()
        }
    }
}
