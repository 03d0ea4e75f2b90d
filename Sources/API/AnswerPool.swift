import Hummingbird
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Synchronization

/// Threads that answers are made on which take time, so that event loops are free for health checks; only so many at
/// once, for each holds memory until its client has read it.
final class AnswerPool: Sendable {
    /// One of the answers that may be under way; given back when nobody holds it any more.
    final class Place: Sendable {
        fileprivate let pool: AnswerPool

        fileprivate init(_ pool: AnswerPool) {
            self.pool = pool
        }

        deinit {
            pool.taken.subtract(1, ordering: .relaxed)
        }
    }

    /// Seconds that an answer may take from its first byte to its last.
    private static let secondsMax = 60

    private let threads: NIOThreadPool
    private let taken = Atomic<Int>(0)
    private let atOnce: Int

    init(threads count: Int, atOnce: Int) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
        self.atOnce = atOnce
    }

    /// nil if there are as many answers under way as there may be.
    func place() -> Place? {
        guard taken.add(1, ordering: .relaxed).newValue <= atOnce else {
            taken.subtract(1, ordering: .relaxed)
            return nil
        }
        return Place(self)
    }

    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive(work)
    }

    /// A body that `make` writes on one of the threads, part by part, no faster than its client reads.
    func body(
        in place: Place, _ make: @escaping @Sendable (_ send: @escaping ([UInt8]) -> Bool) -> Void
    ) -> ResponseBody {
        ResponseBody { writer in
            let parts = PartQueue()
            place.pool.threads.submit { _ in
                make(parts.send)
                parts.finish()
            }
            // The thread stops at its next part.
            defer { parts.abandon() }
            let end = ContinuousClock.now + .seconds(Self.secondsMax)
            for await part in parts.all {
                guard ContinuousClock.now < end else { throw TooSlow() }
                try await writer.write(part)
                parts.wasRead()
            }
            try await writer.finish(nil)
        }
    }

    /// A body that is complete.
    func body(in place: Place, _ text: String) -> ResponseBody {
        let bytes = ByteBuffer(string: text)
        return ResponseBody(contentLength: bytes.readableBytes) { [place] writer in
            var rest = bytes
            let end = ContinuousClock.now + .seconds(Self.secondsMax)
            while let part = rest.readSlice(length: min(rest.readableBytes, 64 << 10)), part.readableBytes > 0 {
                guard ContinuousClock.now < end else { throw TooSlow() }
                try await writer.write(part)
            }
            try await writer.finish(nil)
            extendLifetime(place)
        }
    }

    /// The client reads too slowly; its connection is closed.
    private struct TooSlow: Error {}

    func stop() async {
        try? await threads.shutdownGracefully()
    }
}

/// Parts on their way from a thread that makes them to a connection that writes them: two at most.
private final class PartQueue: Sendable {
    private static let partsMax = 2

    let all: AsyncStream<ByteBuffer>
    private let continuation: AsyncStream<ByteBuffer>.Continuation
    /// Whether there is room, or nobody who reads any more.
    private let room = ConditionLock(value: true)
    private let waiting = Atomic<Int>(0)
    private let isAbandoned = Atomic<Bool>(false)

    init() {
        (all, continuation) = AsyncStream.makeStream()
    }

    /// Waits for room; false if nobody reads any more.
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

/// Where answers are made that take time.
package struct AnswerPools: Sendable {
    /// Of the API. Two threads, for a query uses memory bandwidth more than anything; others wait for them.
    let queries = AnswerPool(threads: 2, atOnce: 8)
    /// Each has a thread, which waits for its client.
    let scrapes = AnswerPool(threads: 4, atOnce: 4)
    /// Of the rules: one after the other.
    let reloads = AnswerPool(threads: 1, atOnce: 4)

    package init() {}

    package func stop() async {
        await queries.stop()
        await scrapes.stop()
        await reloads.stop()
    }
}
