import Glibc
import Hummingbird
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Synchronization

/// Threads for slow answers, so that the event loop stays free for health checks. The number of concurrent answers is
/// limited, because each holds memory until its clients have read it.
final class AnswerPool: Sendable {
    /// Allows one concurrent answer, however many clients share it. Deallocation frees it.
    final class Permit: Sendable {
        fileprivate let pool: AnswerPool

        fileprivate init(_ pool: AnswerPool) {
            self.pool = pool
        }

        deinit {
            pool.taken.subtract(1, ordering: .relaxed)
        }
    }

    /// The longest time that an answer may take, in seconds, from its first byte to its last.
    private static let secondsMax = 60

    private let threads: NIOThreadPool
    private let taken = Atomic<Int>(0)
    private let atOnce: Int
    /// Of the threads while they compute: see nice(1).
    private let niceness: Int32
    /// Held by the thread that makes a part of a body, so that they take one core at most.
    private let turn = NIOLock()

    init(threads count: Int, atOnce: Int, niceness: Int32 = 0) {
        threads = NIOThreadPool(numberOfThreads: count)
        threads.start()
        self.atOnce = atOnce
        self.niceness = niceness
    }

    /// nil if all are taken.
    func permit() -> Permit? {
        guard taken.add(1, ordering: .relaxed).newValue <= atOnce else {
            taken.subtract(1, ordering: .relaxed)
            return nil
        }
        return Permit(self)
    }

    /// Computes on one of the threads.
    func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await threads.runIfActive { [niceness] in
            // On Linux a nice value is that of a thread: setpriority(2).
            if niceness > 0 { _ = setpriority(Int32(PRIO_PROCESS.rawValue), 0, niceness) }
            return try work()
        }
    }

    /// A body that `make` writes on one of the threads, part by part, no faster than the client reads. The threads take
    /// turns.
    func body(
        in permit: Permit, _ make: @escaping @Sendable (_ send: @escaping ([UInt8]) -> Bool) -> Void
    ) -> ResponseBody {
        ResponseBody { writer in
            let parts = PartQueue()
            permit.pool.threads.submit { _ in
                let turn = permit.pool.turn
                turn.withLock {
                    make { part in
                        // While this one waits for its client.
                        turn.unlock()
                        defer { turn.lock() }
                        return parts.send(part)
                    }
                }
                parts.finish()
            }
            // Makes the thread stop at its next part.
            defer { parts.abandon() }
            let end = ContinuousClock.now + .seconds(Self.secondsMax)
            for await part in parts.all {
                guard ContinuousClock.now < end else { throw TooSlowError() }
                try await writer.write(part)
                parts.wasRead()
            }
            try await writer.finish(nil)
        }
    }

    /// A body that is already complete.
    func body(in permit: Permit, _ bytes: ByteBuffer) -> ResponseBody {
        ResponseBody(contentLength: bytes.readableBytes) { [permit] writer in
            var rest = bytes
            let end = ContinuousClock.now + .seconds(Self.secondsMax)
            while let part = rest.readSlice(length: min(rest.readableBytes, 64 << 10)), part.readableBytes > 0 {
                guard ContinuousClock.now < end else { throw TooSlowError() }
                try await writer.write(part)
            }
            try await writer.finish(nil)
            extendLifetime(permit)
        }
    }

    /// The client reads too slowly; the connection is closed.
    private struct TooSlowError: Error {}

    func stop() async {
        try? await threads.shutdownGracefully()
    }
}

/// The pools for slow answers.
package struct AnswerPools: Sendable {
    /// For the API. Two threads, because queries are bound by memory bandwidth; further queries wait. On a busy processor
    /// they get a third of the share of a thread that receives spans, evaluates rules or answers health checks.
    let queries = AnswerPool(threads: 2, atOnce: 8, niceness: 5)
    let answers: AnswerCache
    let events = EventHub()
    /// For scrapes. Each has its own thread, because it waits for its client.
    let scrapes = AnswerPool(threads: 4, atOnce: 4)
    /// For reloads of the rules, one at a time.
    let reloads = AnswerPool(threads: 1, atOnce: 4)

    package init() {
        answers = AnswerCache(of: queries)
    }

    package func stop() async {
        await queries.stop()
        await scrapes.stop()
        await reloads.stop()
    }
}

/// How long a query may take to be answered.
enum QueryDeadline {
    struct PassedError: Error {}

    /// Somebody else has what the answer needs.
    struct BusyError: Error {}

    static let usual = Duration.seconds(30)

    /// For reading names from the recording, while a list of choices waits for them.
    static let naming = Duration.seconds(2)

    /// For searching the recording; leaves time to read what was found.
    static let searching = Duration.seconds(10)

    /// For reading the recording; leaves some time for the answer.
    static let reading = Duration.seconds(25)

    /// Waits for a result, but no longer than a limit. The task continues without its caller.
    static func value<Result: Sendable>(
        of task: Task<Result, any Error>, within limit: Duration
    ) async throws -> Result {
        let (results, continuation) = AsyncStream.makeStream(of: Swift.Result<Result, any Error>.self)
        let waiter = Task { continuation.yield(await task.result) }
        let timer = Task {
            try await Task.sleep(for: limit)
            continuation.yield(.failure(PassedError()))
        }
        defer {
            waiter.cancel()
            timer.cancel()
        }
        for await result in results { return try result.get() }
        throw CancellationError()
    }
}

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
