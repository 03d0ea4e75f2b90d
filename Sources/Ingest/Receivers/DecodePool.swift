internal import NIOCore
internal import NIOPosix

/// Threads that large bodies are inflated and decoded on, so that the event loops answer others meanwhile.
///
/// What waits for them is bounded by admission, and by each connection having one body here at a time.
enum DecodePool {
    /// Two, so that one body doesn't keep the others waiting; four use as much memory bandwidth as there mostly is.
    private static let threadsMax = 4

    private static let threads: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: max(2, min(System.coreCount, threadsMax)))
        pool.start()
        return pool
    }()

    /// Calls `done` with the result from one of the threads.
    static func run<Result: Sendable>(
        _ work: @escaping @Sendable () -> Result, done: @escaping @Sendable (Result) -> Void
    ) {
        // It is never shut down, so there is no state but the active one.
        threads.submit { _ in done(work()) }
    }

    static func run<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in run(work) { continuation.resume(returning: $0) } }
    }
}
