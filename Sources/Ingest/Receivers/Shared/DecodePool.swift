internal import NIOCore
internal import NIOPosix

/// Threads that inflate and decode large bodies, so that event loops stay responsive.
///
/// Admission bounds its queue, and each connection has at most one body here at a time.
enum DecodePool {
    /// At least two, so that one body doesn't block the others. Four already use most of the memory bandwidth.
    private static let threadsMax = 4

    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: max(2, min(System.coreCount, threadsMax)))
        pool.start()
        return pool
    }()

    /// Calls `done` with the result on one of the threads.
    static func run<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, done: @escaping @Sendable (Result) -> Void
    ) {
        // The pool is never shut down, so its state is always active.
        threads.submit { _ in done(work()) }
    }

    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in run(work) { continuation.resume(returning: $0) } }
    }
}
