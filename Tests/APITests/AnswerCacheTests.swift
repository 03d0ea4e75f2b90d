import Synchronization
import Testing

@testable import API

/// A clock that the test advances.
private final class ManualClock: Sendable {
    private let start = ContinuousClock.now
    private let elapsed = Mutex(Duration.zero)

    private let read = Atomic<Int>(0)

    var readings: Int { read.load(ordering: .relaxed) }

    var now: ContinuousClock.Instant {
        read.wrappingAdd(1, ordering: .relaxed)
        return start + elapsed.withLock { $0 }
    }

    func pass(_ duration: Duration) { elapsed.withLock { $0 += duration } }
}

private final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}

@Suite struct `Answers to identical questions` {
    private let clock = ManualClock()
    private let computed = Counter()
    private let cache: AnswerCache

    init() {
        cache = AnswerCache { [clock] in clock.now }
    }

    /// The answer is the number of computations so far.
    private func ask(
        _ path: String = "requests", lasting cost: Duration = .zero, isFinal: Bool = false
    ) async throws -> String? {
        try await cache.answer(path, isFinal: isFinal) { [clock, computed] in
            clock.pass(cost)
            return "\(computed.next())"
        }.value
    }

    @Test func `are reused for twenty times as long as they took`() async throws {
        #expect(try await ask(lasting: .milliseconds(100)) == "1")
        clock.pass(.milliseconds(1_899))
        #expect(try await ask() == "1")
        #expect(try await ask("operations") == "2")
        clock.pass(.milliseconds(1))
        #expect(try await ask() == "3")
        #expect(try await ask() == "4", "it took no time")
    }

    @Test func `are never older than five seconds`() async throws {
        #expect(try await ask(lasting: .seconds(2)) == "1")
        clock.pass(.milliseconds(2_999))
        #expect(try await ask() == "1")
        clock.pass(.milliseconds(1))
        #expect(try await ask() == "2")
    }

    @Test func `are reused for a minute where only stragglers could change them`() async throws {
        #expect(try await ask(isFinal: true) == "1")
        clock.pass(.seconds(59))
        #expect(try await ask(isFinal: true) == "1")
        clock.pass(.seconds(1))
        #expect(try await ask(isFinal: true) == "2")
    }

    @Test func `are not waited for any longer than the deadline`() async throws {
        let (never, signal) = AsyncStream.makeStream(of: Void.self)
        let task = cache.answer("requests") {
            for await _ in never { break }
            return "late"
        }
        await #expect(throws: QueryDeadline.PassedError.self) {
            try await QueryDeadline.value(of: task, within: .milliseconds(1))
        }
        signal.yield()
        #expect(try await QueryDeadline.value(of: task, within: .seconds(60)) == "late")
    }

    @Test func `are computed once for all who ask at the same time`() async throws {
        let (asked, signal) = AsyncStream.makeStream(of: Void.self)
        let tasks = (0..<4).map { _ in
            Task { [cache, clock, computed] in
                try await cache.answer("requests") {
                    for await _ in asked { break }
                    clock.pass(.seconds(1))
                    return "\(computed.next())"
                }.value
            }
        }
        while clock.readings < tasks.count { await Task.yield() }
        signal.yield()
        for task in tasks { #expect(try await task.value == "1") }
    }

    @Test func `are not kept if they failed`() async throws {
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await self.cache.answer("requests") { throw Failure() }.value }
        #expect(try await ask() == "1")
    }
}
