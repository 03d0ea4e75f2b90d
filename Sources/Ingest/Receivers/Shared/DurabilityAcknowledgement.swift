internal import Synchronization

/// A pending write to disk that acknowledgements wait for; shared by all requests that are written together.
package final class DurabilityAcknowledgement: Sendable {
    private enum State {
        case waiting([@Sendable (Bool) -> Void])
        case complete(Bool)
    }

    private let state = Mutex(State.waiting([]))

    package init() {}

    /// Calls `body` once the write has succeeded or failed: immediately, or on the writing thread.
    func whenComplete(_ body: @escaping @Sendable (_ isOnDisk: Bool) -> Void) {
        let known: Bool? = state.withLock { state in
            switch state {
            case .complete(let isOnDisk): return isOnDisk
            case .waiting(let others):
                state = .waiting(others + [body])
                return nil
            }
        }
        if let known { body(known) }
    }

    /// Notifies all waiting callers. Only the first call has an effect.
    package func complete(isOnDisk: Bool) {
        let waiting = state.withLock { state in
            guard case .waiting(let waiting) = state else { return [@Sendable (Bool) -> Void]() }
            state = .complete(isOnDisk)
            return waiting
        }
        for body in waiting { body(isOnDisk) }
    }

    package var isOnDisk: Bool {
        get async {
            await withCheckedContinuation { continuation in whenComplete { continuation.resume(returning: $0) } }
        }
    }
}
