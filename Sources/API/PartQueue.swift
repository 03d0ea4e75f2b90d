import NIOConcurrencyHelpers
import NIOCore
import Synchronization

/// Parts on their way from the thread that makes them to the connection that writes them, at most two.
final class PartQueue: Sendable {
    private static let partsMax = 2

    let all: AsyncStream<ByteBuffer>
    private let continuation: AsyncStream<ByteBuffer>.Continuation
    /// True if there is room, or if the reader is gone.
    private let room = ConditionLock(value: true)
    private let waiting = Atomic<Int>(0)
    private let isAbandoned = Atomic<Bool>(false)

    init() {
        (all, continuation) = AsyncStream.makeStream()
    }

    /// Blocks until there is room. Returns false if the reader is gone.
    @Sendable func send(_ part: [UInt8]) -> Bool {
        room.lock(whenValue: true)
        guard !isAbandoned.load(ordering: .relaxed) else {
            room.unlock(withValue: true)
            return false
        }
        room.unlock(withValue: waiting.add(1, ordering: .relaxed).newValue < Self.partsMax)
        continuation.yield(ByteBuffer(bytes: part))
        return true
    }

    func finish() { continuation.finish() }

    func wasRead() {
        room.lock()
        waiting.subtract(1, ordering: .relaxed)
        room.unlock(withValue: true)
    }

    func abandon() {
        room.lock()
        isAbandoned.store(true, ordering: .relaxed)
        room.unlock(withValue: true)
    }
}
