import Engine
import TestSupport
import Testing

private let millisecond: Int64 = 1_000_000

/// Hand-made spans in, durations of requests and the part of authentication out.
@Suite struct `A request begins with its authentication` {
    /// 2026-01-01T00:00:00Z, the start of a slot.
    private static let base: Int64 = 1_767_225_600_000_000_000

    private var traffic = AuthenticatedTraffic(base: base)

    /// What is found, whatever the order in which the spans arrive and how they are cut into batches.
    private func found(_ traffic: AuthenticatedTraffic) throws -> [String: AuthenticatedRequests] {
        let orders = [traffic.spans, traffic.spans.reversed(), traffic.spans.sorted { $0.spanID[0] < $1.spanID[0] }]
        let provisional = try orders.map { try AuthenticatedRequests.found(of: $0, at: Self.base, isSettled: false) }
        let settled = try orders.map { try AuthenticatedRequests.found(of: $0, at: Self.base, isSettled: true) }
        let all = provisional + settled
        for other in all.dropFirst() { #expect(other == all[0]) }
        return all[0]
    }

    @Test mutating func `that is its parent`() throws {
        let authentication = traffic.authentication(0..<51 * millisecond)
        traffic.request("pods", 40 * millisecond..<50 * millisecond, below: authentication)
        #expect(try found(traffic) == ["pods": .init(50 * millisecond, authentication: 40 * millisecond)])
    }

    @Test(arguments: [(0, true), (1_000_000, true), (1_000_001, false), (-1, false)] as [(Int64, Bool)])
    mutating func `that ends at most a millisecond after it`(_ gap: Int64, _ isTied: Bool) throws {
        traffic.authentication(0..<50 * millisecond + gap)
        traffic.request("pods", 40 * millisecond..<50 * millisecond)
        let lead = isTied ? 40 * millisecond : 0
        #expect(try found(traffic) == ["pods": .init(10 * millisecond + lead, authentication: lead)])
    }

    @Test mutating func `that begins no later than it`() throws {
        traffic.authentication(40 * millisecond + 1..<50 * millisecond)
        traffic.request("pods", 40 * millisecond..<50 * millisecond)
        traffic.authentication(140 * millisecond..<150 * millisecond)
        traffic.request("nodes", 140 * millisecond..<150 * millisecond)
        #expect(try found(traffic) == ["pods": .init(10 * millisecond), "nodes": .init(10 * millisecond)])
    }

    @Test mutating func `which takes the request that ends last, then that which starts last, then the smaller id`()
        throws
    {
        traffic.authentication(0..<50 * millisecond)
        traffic.request("pods", 10 * millisecond..<50 * millisecond - 1)
        traffic.request("nodes", 5 * millisecond..<50 * millisecond)
        traffic.authentication(100 * millisecond..<150 * millisecond)
        traffic.request("secrets", 110 * millisecond..<150 * millisecond)
        traffic.request("services", 120 * millisecond..<150 * millisecond)
        traffic.authentication(200 * millisecond..<250 * millisecond)
        traffic.request("events", 210 * millisecond..<250 * millisecond, id: 8)
        traffic.request("endpoints", 210 * millisecond..<250 * millisecond, id: 7)
        #expect(
            try found(traffic) == [
                "pods": .init(40 * millisecond - 1), "nodes": .init(50 * millisecond, authentication: 5 * millisecond),
                "secrets": .init(40 * millisecond),
                "services": .init(50 * millisecond, authentication: 20 * millisecond),
                "events": .init(40 * millisecond),
                "endpoints": .init(50 * millisecond, authentication: 10 * millisecond),
            ])
    }

    @Test mutating func `one each, in the order of its end, its start and its id`() throws {
        // The first to end takes the only request.
        traffic.authentication(1 * millisecond..<50 * millisecond + 1)
        traffic.authentication(0..<50 * millisecond + 2)
        traffic.request("pods", 40 * millisecond..<50 * millisecond)
        // The second takes what the first has left.
        traffic.authentication(110 * millisecond..<150 * millisecond + 20)
        traffic.authentication(100 * millisecond..<150 * millisecond + 30)
        traffic.request("nodes", 140 * millisecond..<150 * millisecond)
        traffic.request("secrets", 130 * millisecond..<150 * millisecond - 10)
        // At the same time, the one that began first.
        traffic.authentication(220 * millisecond..<250 * millisecond)
        traffic.authentication(210 * millisecond..<250 * millisecond)
        traffic.request("events", 240 * millisecond..<250 * millisecond)
        // And the one with the smaller id: the other one's time would be longer.
        traffic.authentication(310 * millisecond..<350 * millisecond, id: 9)
        traffic.authentication(310 * millisecond..<350 * millisecond, id: 3)
        traffic.request("services", 340 * millisecond..<350 * millisecond)
        #expect(
            try found(traffic) == [
                "pods": .init(49 * millisecond, authentication: 39 * millisecond),
                "nodes": .init(40 * millisecond, authentication: 30 * millisecond),
                "secrets": .init(50 * millisecond - 10, authentication: 30 * millisecond),
                "events": .init(40 * millisecond, authentication: 30 * millisecond),
                "services": .init(40 * millisecond, authentication: 30 * millisecond),
            ])
    }

    @Test mutating func `but not with one that has other spans in its trace, or is of another instance`() throws {
        let authentication = traffic.authentication(0..<50 * millisecond)
        traffic.span("audit", 1 * millisecond..<2 * millisecond, below: authentication)
        traffic.request("pods", 40 * millisecond..<50 * millisecond)
        traffic.authentication(100 * millisecond..<150 * millisecond, instance: "by-id")
        traffic.request("nodes", 140 * millisecond..<150 * millisecond, instance: "by-pod")
        #expect(try found(traffic) == ["pods": .init(10 * millisecond), "nodes": .init(10 * millisecond)])
    }

    @Test mutating func `unless it is within another request or below an authentication of its own`() throws {
        let outer = traffic.request("pods", 10 * millisecond..<80 * millisecond)
        let call = traffic.span("HTTP GET", kind: 3, 20 * millisecond..<70 * millisecond, below: outer)
        traffic.request("nodes", 30 * millisecond..<60 * millisecond, below: call)
        traffic.authentication(5 * millisecond..<60 * millisecond)
        let own = traffic.authentication(138 * millisecond..<151 * millisecond)
        traffic.request("secrets", 140 * millisecond..<150 * millisecond, below: own)
        traffic.authentication(100 * millisecond..<150 * millisecond)
        #expect(
            try found(traffic) == [
                "pods": .init(70 * millisecond), "nodes": .init(30 * millisecond),
                "secrets": .init(12 * millisecond, authentication: 2 * millisecond),
            ])
    }

    @Test mutating func `even if its parent didn't arrive`() throws {
        var elsewhere = AuthenticatedTraffic(base: Self.base, seed: 2)
        let missing = elsewhere.span("client", 0..<60 * millisecond, below: nil)
        traffic.request("pods", 40 * millisecond..<50 * millisecond, below: missing)
        traffic.authentication(0..<50 * millisecond)
        #expect(try found(traffic) == ["pods": .init(50 * millisecond, authentication: 40 * millisecond)])
    }

    @Test mutating func `and that of a watch takes the watch`() throws {
        traffic.authentication(0..<50 * millisecond + 1000)
        traffic.request("pods", 1 * millisecond..<50 * millisecond, query: "?watch=1")
        traffic.request("nodes", 40 * millisecond..<50 * millisecond - 1)
        #expect(try found(traffic) == ["nodes": .init(10 * millisecond - 1)])
    }

    @Test mutating func `across the border of slots`() throws {
        let border = 5000 * millisecond
        traffic.authentication(border - 60 * millisecond..<border + 5_000)
        traffic.request("pods", border - 40 * millisecond..<border - 1)
        // It takes a request of its own slot first.
        traffic.authentication(2 * border - 60 * millisecond..<2 * border + 9_000)
        traffic.request("nodes", 2 * border - 40 * millisecond..<2 * border - 1)
        traffic.request("secrets", 2 * border - 30 * millisecond..<2 * border + 8_000)
        // Another one has taken that before.
        traffic.authentication(3 * border - 50 * millisecond..<3 * border + 8_500)
        traffic.authentication(3 * border - 60 * millisecond..<3 * border + 9_000)
        traffic.request("services", 3 * border - 40 * millisecond..<3 * border - 1)
        traffic.request("events", 3 * border - 30 * millisecond..<3 * border + 8_000)
        // This one isn't alone: its request ended in the slot before.
        let parent = traffic.authentication(4 * border - 60 * millisecond..<4 * border + 5_000)
        traffic.request("endpoints", 4 * border - 50 * millisecond..<4 * border - 2, below: parent)
        traffic.request("configmaps", 4 * border - 40 * millisecond..<4 * border - 1)
        #expect(
            try found(traffic) == [
                "pods": .init(60 * millisecond - 1, authentication: 20 * millisecond),
                "nodes": .init(40 * millisecond - 1),
                "secrets": .init(60 * millisecond + 8_000, authentication: 30 * millisecond),
                "services": .init(60 * millisecond - 1, authentication: 20 * millisecond),
                "events": .init(50 * millisecond + 8_000, authentication: 20 * millisecond),
                "endpoints": .init(60 * millisecond - 2, authentication: 10 * millisecond),
                "configmaps": .init(40 * millisecond - 1),
            ])
    }
}
