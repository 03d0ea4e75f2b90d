import Foundation

/// A disk whose syncs don't finish while it is held; it counts them.
package final class HeldDisk: @unchecked Sendable {
    private let condition = NSCondition()
    // Under the condition's lock.
    private var isHeld = false
    private var begun = 0

    package init() {}

    /// How many syncs have started.
    package var syncs: Int { condition.withLock { begun } }

    package func hold() {
        condition.withLock { isHeld = true }
    }

    package func go() {
        condition.withLock {
            isHeld = false
            condition.broadcast()
        }
    }

    package func synchronize(_ descriptor: Int32) -> Int32 {
        condition.withLock {
            begun += 1
            while isHeld { condition.wait() }
        }
        return fsync(descriptor)
    }
}
