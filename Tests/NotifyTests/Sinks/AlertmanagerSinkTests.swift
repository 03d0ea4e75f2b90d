import Engine
import Foundation
import TestSupport
import Testing
import Rules

@testable import Notify

struct AlertmanagerSinkTests {
    private static func body(_ alerts: [Alert]) async throws -> String {
        let receiver = try ScriptedReceiver([])
        defer { receiver.stop() }
        let sink = AlertmanagerSink(
            url: "http://127.0.0.1:\(receiver.port)/prefix/", now: { 1_795_407_400 * second })
        #expect(await sink.deliver(alerts) == .delivered)
        let request = try #require(receiver.requests.first)
        #expect(request.head.hasPrefix("POST /prefix/api/v2/alerts HTTP/1.1\r\n"))
        return request.body
    }

    @Test func `a firing alert is valid for four minutes`() async throws {
        #expect(
            try await Self.body([.firing()]) == """
                [{"annotations":{"summary":"etcd is slow"},"endsAt":"2026-11-23T04:20:40Z",\
                "labels":{"alertname":"Slow","service":"etcd"},"startsAt":"2026-11-23T04:16:01.500Z"}]
                """)
    }

    @Test func `an alert from the future, after the clock was set back, ends no earlier than it begins`()
        async throws
    {
        var alert = Alert.firing()
        alert.firedAt = 1_795_411_000 * second
        #expect(try await Self.body([alert]).contains(#""startsAt":"2026-11-23T04:20:40Z""#))
    }

    @Test func `a resolved alert has its end and its culprit`() async throws {
        var alert = Alert.resolved()
        alert.evidence = AlertEvidence(
            culprit: .init(side: "etcd", component: "etcd", certainty: .clear, why: "etcd: it took longer"),
            components: [], traces: [])
        let body = try await Self.body([alert])
        #expect(body.contains(#""endsAt":"2026-11-23T04:16:16Z""#))
        #expect(body.contains(#""culprit":"etcd (clear): it took longer""#))
    }

    @Test func `firing alerts are repeated every minute, resolved ones for a quarter of an hour`() {
        var repetition = AlertRepetition()
        let start: Int64 = 1_795_407_376 * second
        #expect(repetition.isDue(at: start))
        #expect(repetition.alerts(at: start, active: [.firing("A")]) == [.firing("A")])
        #expect(!repetition.isDue(at: start + 59 * second))
        repetition.note([.resolved("B"), .firing("A")])
        var pending = Alert.firing("C")
        pending.state = .pending
        #expect(
            repetition.alerts(at: start + minute, active: [.firing("A"), pending]) == [.firing("A"), .resolved("B")])
        #expect(repetition.alerts(at: start + 14 * minute, active: []) == [.resolved("B")])
        repetition.note([.firing("B")])
        #expect(repetition.alerts(at: start + 14 * minute, active: [.firing("B")]) == [.firing("B")])
        repetition.note([.resolved("B")])
        #expect(repetition.alerts(at: start + 15 * minute, active: []) == [])
        // The clock was set back.
        #expect(repetition.isDue(at: start - minute))
    }
}
