import NIOCore
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
        cache = AnswerCache(of: AnswerPool(threads: 1, atOnce: 2)) { [clock] in clock.now }
    }

    /// The answer is the number of computations so far.
    private func ask(
        _ path: String = "requests", lasting cost: Duration = .zero, isFinal: Bool = false
    ) async throws -> String? {
        try await cache.answer(path, isFinal: isFinal) { [clock, computed] in
            clock.pass(cost)
            return "\(computed.next())"
        }?.text.value.map { String(buffer: $0) }
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
        let shared = cache.answer("requests") {
            for await _ in never { break }
            return "late"
        }
        let task = try #require(shared).text
        await #expect(throws: QueryDeadline.PassedError.self) {
            try await QueryDeadline.value(of: task, within: .milliseconds(1))
        }
        signal.yield()
        #expect(try await QueryDeadline.value(of: task, within: .seconds(60)) == ByteBuffer(string: "late"))
    }

    @Test func `are computed once for all who ask at the same time`() async throws {
        let (asked, signal) = AsyncStream.makeStream(of: Void.self)
        let tasks = (0..<4).map { _ in
            Task { [cache, clock, computed] in
                try await cache.answer("requests") {
                    for await _ in asked { break }
                    clock.pass(.seconds(1))
                    return "\(computed.next())"
                }?.text.value
            }
        }
        while clock.readings < tasks.count { await Task.yield() }
        signal.yield()
        for task in tasks { #expect(try await task.value == ByteBuffer(string: "1")) }
    }

    @Test func `share one permit, which their last reader gives back`() async throws {
        let (asked, signal) = AsyncStream.makeStream(of: Void.self)
        let ask = { [cache, clock] (question: String) in
            cache.answer(question) {
                for await _ in asked { break }
                clock.pass(.seconds(1))
                return "answer"
            }
        }
        var readers = (0..<40).map { _ in ask("requests") }
        var other = ask("operations")
        #expect(readers.allSatisfy { $0 != nil } && other != nil)
        #expect(ask("status") == nil, "both permits are taken")
        signal.finish()
        for reader in readers { _ = try await reader?.text.value }
        _ = try await other?.text.value
        readers.removeFirst(39)
        #expect(ask("requests") != nil)
        #expect(ask("status") == nil, "one is still reading")
        readers = []
        // The computation that ended lets go of its permit in its own time.
        while ask("status") == nil { await Task.yield() }
        other = nil
        while ask("sources") == nil { await Task.yield() }
    }

    @Test func `are not kept if they failed`() async throws {
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await self.cache.answer("requests") { throw Failure() }?.text.value }
        #expect(try await ask() == "1")
    }
}
