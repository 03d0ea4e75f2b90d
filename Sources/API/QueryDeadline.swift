/// The time that a question may take, until its answer is there.
enum QueryDeadline {
    struct Passed: Error {}

    static let usual = Duration.seconds(30)

    /// Waits for a result, but no longer than a limit. The task goes on without its caller.
    static func value<Result: Sendable>(
        of task: Task<Result, any Error>, within limit: Duration
    ) async throws -> Result {
        let (results, continuation) = AsyncStream.makeStream(of: Swift.Result<Result, any Error>.self)
        let waiter = Task { continuation.yield(await task.result) }
        let timer = Task {
            try await Task.sleep(for: limit)
            continuation.yield(.failure(Passed()))
        }
        defer {
            waiter.cancel()
            timer.cancel()
        }
        for await result in results { return try result.get() }
        throw CancellationError()
    }
}
