import Engine
import TestSupport
import Testing

private let millisecond: Int64 = 1_000_000

/// When authentications may not be tied to requests by time, and how the requests say so.
@Suite struct `Authentication is tied by time` {
    /// 2026-01-01T00:00:00Z, the start of a slot.
    private static let base: Int64 = 1_767_225_600_000_000_000

    /// Requests one after the other, each with its authentication.
    private static func requests(
        _ count: Int, everyNanoseconds step: Int64, authenticated: Int = .max, instance: String = ""
    ) -> AuthenticatedTraffic {
        var traffic = AuthenticatedTraffic(base: base, seed: 7)
        for number in 0..<count {
            let end = Int64(number + 1) * step
            traffic.request("pods", end - step / 2..<end, instance: instance)
            if number % 100 < authenticated {
                traffic.authentication(end - step / 2 - 100..<end + 100, instance: instance)
            }
        }
        return traffic
    }

    private static func found(_ traffic: AuthenticatedTraffic) throws -> AuthenticatedRequests {
        let found = [true, false].map { isSettled in
            Result { try AuthenticatedRequests.found(of: traffic.spans, at: base, isSettled: isSettled)["pods"] }
        }
        let (settled, provisional) = (try found[0].get(), try found[1].get())
        #expect(settled == provisional)
        return try #require(settled)
    }

    @Test func `as long as there are at most 250 of it a second and instance`() throws {
        let few = try Self.found(Self.requests(1_250, everyNanoseconds: 3_990_000))
        #expect(few.authentication == 1_250 * 100 && few.without.isEmpty)
        let many = try Self.found(Self.requests(1_251, everyNanoseconds: 3_990_000))
        #expect(many.authentication == 0 && many.without.crowded == 1_251 && many.without.sampled == 0)
        #expect(many.duration == 1_251 * 1_995_000)
    }

    @Test func `for each instance by itself`() throws {
        var traffic = Self.requests(1_251, everyNanoseconds: 3_990_000, instance: "by-id")
        traffic.request("nodes", 10 * millisecond..<20 * millisecond, instance: "by-pod")
        traffic.authentication(5 * millisecond..<20 * millisecond, instance: "by-pod")
        let found = try AuthenticatedRequests.found(of: traffic.spans, at: Self.base, isSettled: true)
        #expect(found["pods"]?.authentication == 0)
        #expect(found["nodes"] == .init(15 * millisecond, authentication: 5 * millisecond))
    }

    @Test func `in less than a second, though ten thousand of it end in the same millisecond`() throws {
        var traffic = AuthenticatedTraffic(base: Self.base)
        for number in 0..<10_000 as Range<Int64> {
            traffic.authentication(number..<50 * millisecond + number)
            if number % 4 == 0 { traffic.request("pods", 40 * millisecond..<50 * millisecond + number) }
        }
        let found = try Self.found(traffic)
        #expect(found.count == 2_500 && found.authentication == 0 && found.without.crowded == 2_500)
    }

    @Test func `though requests that began before it crowd the millisecond before its end`() throws {
        var traffic = AuthenticatedTraffic(base: Self.base)
        for number in 0..<1_250 as Range<Int64> {
            traffic.request("pods", 10 * millisecond..<49 * millisecond + number)
            traffic.request("pods", 10 * millisecond..<49 * millisecond + number)
            traffic.authentication(20 * millisecond..<50 * millisecond - number)
        }
        // None of the requests begins late enough.
        #expect(try Self.found(traffic).authentication == 0)
    }

    @Test(arguments: [0.1, 0.5, 0.9])
    func `unless the trace ids show that spans are sampled`(_ ratio: Double) throws {
        var traffic = Self.requests(1_200, everyNanoseconds: 4 * millisecond)
        let all = try Self.found(traffic)
        #expect(all.authentication == 1_200 * 100 && all.without.isEmpty)
        traffic.sample(ratio)
        let sampled = try Self.found(traffic)
        #expect(sampled.authentication == 0 && sampled.without.sampled == sampled.count)
    }

    @Test func `unless it is missing for too many requests`() throws {
        let nearlyAll = try Self.found(Self.requests(1_000, everyNanoseconds: 4 * millisecond, authenticated: 95))
        #expect(nearlyAll.authentication == 950 * 100 && nearlyAll.without.isEmpty)
        let some = try Self.found(Self.requests(1_000, everyNanoseconds: 4 * millisecond, authenticated: 80))
        #expect(some.authentication == 0 && some.without.sampled == 1_000)
    }

    @Test func `and where none stands alone nothing is said`() throws {
        let none = try Self.found(Self.requests(1_000, everyNanoseconds: 4 * millisecond, authenticated: 0))
        #expect(none.authentication == 0 && none.without.isEmpty)
    }

    @Test func `few are no evidence`() throws {
        let found = try Self.found(Self.requests(20, everyNanoseconds: 100 * millisecond, authenticated: 1))
        #expect(found.authentication == 100 && found.without.isEmpty)
    }
}
