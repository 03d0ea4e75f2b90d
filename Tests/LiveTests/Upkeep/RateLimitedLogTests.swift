import Logging
import Synchronization
import Testing

@testable import Live

@Suite struct `A log of what clients can cause at will` {
    private final class FakeClock: Sendable {
        private let start = ContinuousClock.now
        private let passed = Mutex(Duration.zero)

        var now: ContinuousClock.Instant { start + passed.withLock { $0 } }

        func pass(_ duration: Duration) { passed.withLock { $0 += duration } }
    }

    private let clock = FakeClock()
    private let lines = LogLines()
    private let log: RateLimitedLog

    init() {
        log = RateLimitedLog(lines.logger) { [clock] in clock.now }
    }

    @Test func `has one line of a cause in ten seconds, and every event in some line`() {
        var events = 0
        for second in 0..<60 {
            for _ in 0..<(second % 7) {
                log.note(.warning, "refused", cause: "a")
                events += 1
            }
            log.flush()
            clock.pass(.seconds(1))
            #expect(lines.all.count <= second / 10 + 1)
        }
        log.flush(isLast: true)
        let counted = lines.all.map { line in
            line.split(separator: "since_last_line=").dropFirst().first.flatMap { Int($0) } ?? 1
        }
        #expect(counted.reduce(0, +) == events)
    }

    @Test func `keeps causes apart, and shows the first of the events that wait`() {
        log.note(.notice, "b happened", cause: "b")
        log.note(.notice, "a happened", cause: "a") { ["peer": "1"] }
        for peer in 2...4 { log.note(.notice, "a happened", cause: "a") { ["peer": "\(peer)"] } }
        #expect(lines.all == ["b happened", "a happened peer=1"])
        clock.pass(.seconds(10))
        log.flush()
        #expect(lines.all.dropFirst(2) == ["a happened peer=2 since_last_line=3"])
    }

    @Test func `forgets causes that are no longer waiting once there are a thousand`() {
        for number in 0..<5_000 { log.note(.notice, "happened", cause: "cause \(number)") }
        #expect(lines.all.count == 5_000)
        log.flush(isLast: true)
        #expect(lines.all.count == 5_000)
    }
}
