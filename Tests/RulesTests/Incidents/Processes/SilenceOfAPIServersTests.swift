import Engine
import TestSupport
import Testing

@testable import Rules

/// Two minutes in which an API server and etcd send spans, and another one in which only etcd does.
@Suite struct `While etcd is heard, an API server without spans` {
    private static let start: Int64 = 1_795_407_840_000_000_000

    /// - Parameter answers: the calls that etcd answers each second of the last minute.
    private func event(answers: Int, untilItFailed later: Int = 0) throws -> ProcessEvent {
        var watch = ProcessWatch()
        func activity(_ service: String, _ answers: Int, at number: Int64) -> SourceActivity {
            var second = SourceActivity.Second(start: Self.start + number * TestSupport.second)
            (second.spans, second.answers, second.earliestStart) = (50, answers, second.start)
            return SourceActivity(
                source: SourceLabels(cluster: "", service: service, instance: ""),
                role: ServiceNames.usual.role(of: service), seconds: [second])
        }
        var events: [ProcessEvent] = []
        for number in Int64(0)..<185 {
            let isUp = number < 120
            // What it called before it failed ends within the delay of exporters.
            let answered = isUp || number < 120 + later ? 40 : answers
            let heard = [activity("etcd", answered, at: number)] + (isUp ? [activity("apiserver", 0, at: number)] : [])
            events = watch.observe(heard, at: Self.start + (number + 1) * TestSupport.second)
        }
        return try #require(events.first)
    }

    @Test func `is at fault if etcd answers no calls, or only those from before`() throws {
        for event in [try event(answers: 0), try event(answers: 0, untilItFailed: 5)] {
            #expect(event.side == .apiServer && event.certainty == .likely)
            #expect(event.why == "apiserver: no spans since 2026-11-23T04:26:00Z, while etcd's still arrive")
        }
    }

    @Test func `runs if etcd answers calls`() throws {
        let event = try event(answers: 20)
        #expect(event.side == nil && event.certainty == .notClear)
        #expect(event.why.contains("yet etcd still answers calls: an API server runs"))
    }
}
