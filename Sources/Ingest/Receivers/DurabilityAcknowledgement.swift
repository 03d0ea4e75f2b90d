internal import Synchronization

/// A write to disk that acknowledgements wait for: one for all requests that are written together.
package final class DurabilityAcknowledgement: Sendable {
    private enum State {
        case waiting([@Sendable (Bool) -> Void])
        case settled(Bool)
    }

    private let state = Mutex(State.waiting([]))

    package init() {}

    /// Calls `body` once it is known whether everything is on disk: at once, or from the thread that wrote.
    func whenSettled(_ body: @escaping @Sendable (_ isOnDisk: Bool) -> Void) {
        let known: Bool? = state.withLock { state in
            switch state {
            case .settled(let isOnDisk): return isOnDisk
            case .waiting(let others):
                state = .waiting(others + [body])
                return nil
            }
        }
        if let known { body(known) }
    }

    /// Tells all that wait; only the first call counts.
    package func settle(isOnDisk: Bool) {
        let waiting = state.withLock { state in
            guard case .waiting(let waiting) = state else { return [@Sendable (Bool) -> Void]() }
            state = .settled(isOnDisk)
            return waiting
        }
        for body in waiting { body(isOnDisk) }
    }

    package var isOnDisk: Bool {
        get async {
            await withCheckedContinuation { continuation in whenSettled { continuation.resume(returning: $0) } }
        }
    }
}
