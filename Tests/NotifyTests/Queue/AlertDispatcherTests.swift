import Synchronization
import TestSupport
import Testing
import Rules

@testable import Notify
import YAML

struct AlertDispatcherTests {
    /// Answers from a script, then delivers. Remembers what it received.
    private final class ScriptedSink: AlertSink {
        private struct State {
            var script: [DeliveryAttempt]
            var calls: [[Alert]] = []
        }

        let name: String
        let batchLimit: Int
        private let state: Mutex<State>

        init(_ name: String = "test", _ script: [DeliveryAttempt] = [], batchLimit: Int = 10) {
            self.name = name
            self.batchLimit = batchLimit
            state = Mutex(State(script: script))
        }

        var calls: [[Alert]] { state.withLock { $0.calls } }

        func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
            state.withLock { state in
                state.calls.append(alerts)
                return state.script.isEmpty ? .delivered : state.script.removeFirst()
            }
        }
    }

    /// Never answers, unless its task is cancelled.
    private struct HangingSink: AlertSink {
        let name = "hanging"
        let batchLimit = 1

        func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
            while !Task.isCancelled { await Task.yield() }
            return .unavailable("cancelled", after: nil)
        }
    }

    private static func count(_ dispatcher: AlertDispatcher, _ sink: String, _ outcome: DeliveryOutcome)
        -> Int?
    {
        dispatcher.notifications.first { $0.sink == sink && $0.outcome == outcome }?.count
    }

    @Test func `firing and resolved alerts are delivered in order, pending ones are not`() async {
        let sink = ScriptedSink(batchLimit: 1)
        let dispatcher = AlertDispatcher(sinks: [sink])
        var pending = Alert.firing()
        pending.state = .pending
        dispatcher.submit([pending.transition, Alert.firing().transition])
        dispatcher.submit([Alert.resolved().transition, Alert.firing("Other").transition])
        #expect(await dispatcher.drain(timeout: longEnough))
        #expect(sink.calls == [[.firing()], [.resolved()], [.firing("Other")]])
        #expect(Self.count(dispatcher, "test", .delivered) == 3)
        #expect(Self.count(dispatcher, "test", .failed) == 0)
    }

    @Test func `a batch has one name and no alert twice`() async {
        let alerts: [Alert] = [
            .firing("A", ["x": "1"]), .firing("A", ["x": "2"]), .resolved("A", ["x": "1"]),
            .firing("A", ["x": "3"]),
            .firing("A", ["x": "4"]), .firing("A", ["x": "5"]), .firing("B"), .firing("A", ["x": "6"]),
        ]
        let queue = DeliveryQueue(limit: 100, batchLimit: 3)
        #expect(queue.append(alerts).isEmpty)
        queue.close()
        var batches: [Int] = []
        while let batch = await queue.nextBatch() {
            batches.append(batch.count)
            queue.finish(batch)
        }
        #expect(batches == [2, 3, 1, 1, 1])
    }

    @Test func `a failed delivery is retried with growing pauses, before anything after it`() async {
        let down = DeliveryAttempt.unavailable("down", after: nil)
        let sink = ScriptedSink(
            "test", [down, down, .unavailable("busy", after: .seconds(7)), .delivered], batchLimit: 1)
        let pauses = Mutex<[Duration]>([])
        let reasons = Mutex<[String]>([])
        let dispatcher = AlertDispatcher(
            sinks: [sink], retry: RetryPolicy(first: .seconds(1), longest: .seconds(30)),
            seed: 1, now: { 1_795_407_400 * second },
            pause: { pause in pauses.withLock { $0.append(pause) } },
            onFailure: { sink, reason in reasons.withLock { $0.append("\(sink): \(reason)") } })
        dispatcher.submit([Alert.firing().transition, Alert.resolved().transition])
        #expect(await dispatcher.drain(timeout: longEnough))
        #expect(sink.calls == [[.firing()], [.firing()], [.firing()], [.firing()], [.resolved()]])
        let waited = pauses.withLock { $0 }
        #expect(waited.count == 3)
        #expect((.milliseconds(500) ... .seconds(1)).contains(waited[0]))
        #expect((.seconds(1) ... .seconds(2)).contains(waited[1]))
        #expect(waited[2] == .seconds(7))
        #expect(Self.count(dispatcher, "test", .retried) == 3)
        #expect(Self.count(dispatcher, "test", .delivered) == 2)
        #expect(reasons.withLock { $0.first } == "test: down; will retry")
    }

    @Test func `an alert that is too old is given up, and a rejection is final`() async {
        let down = DeliveryAttempt.unavailable("down", after: nil)
        let sink = ScriptedSink("test", [down, down, down, .rejected("no"), .delivered], batchLimit: 1)
        // The alerts fired at 1,795,407,361.5.
        let clock = Mutex<Int64>(1_795_407_362)
        let reasons = Mutex<[String]>([])
        let dispatcher = AlertDispatcher(
            sinks: [sink],
            retry: RetryPolicy(first: .seconds(1), longest: .seconds(1), giveUpAfter: .seconds(10)),
            now: { clock.withLock { $0 } * second },
            pause: { _ in clock.withLock { $0 += 5 } },
            onFailure: { _, reason in reasons.withLock { $0.append(reason) } })
        dispatcher.submit(["A", "B", "C"].map { Alert.firing($0).transition })
        #expect(await dispatcher.drain(timeout: longEnough))
        #expect(sink.calls.map { $0.map(\.name) } == [["A"], ["A"], ["A"], ["B"], ["C"]])
        #expect(Self.count(dispatcher, "test", .failed) == 2)
        #expect(Self.count(dispatcher, "test", .delivered) == 1)
        #expect(
            reasons.withLock { $0 }.suffix(2) == [
                "1 alert not delivered: too old; down", "1 alert not delivered: no",
            ])
    }

    @Test func `a sink that hangs delays neither the others nor shutdown`() async {
        let sink = ScriptedSink()
        let dispatcher = AlertDispatcher(sinks: [HangingSink(), sink], queueLimit: 3)
        dispatcher.submit([Alert.firing("A").transition, Alert.firing("B").transition])
        while Self.count(dispatcher, "test", .delivered) != 2 { await Task.yield() }
        #expect(await dispatcher.drain(timeout: .zero) == false)
        #expect(Self.count(dispatcher, "hanging", .dropped) == 2)
    }

    @Test func `a full queue drops and counts new alerts`() {
        let queue = DeliveryQueue(limit: 3)
        #expect(queue.append([.firing("A"), .firing("B")]).isEmpty)
        #expect(queue.append([.firing("C"), .firing("D"), .firing("E")]) == [.firing("D"), .firing("E")])
        #expect(queue.append([.firing("F")]) == [.firing("F")])
        #expect(queue.abandon().alerts == [.firing("A"), .firing("B"), .firing("C")])
        #expect(queue.append([.firing("G")]) == [.firing("G")])
    }

    @Test func `pauses grow to a maximum, and a receiver's requested pause is bounded`() {
        let policy = RetryPolicy(first: .seconds(1), longest: .seconds(30))
        #expect(
            (1...8).map { policy.pause(after: $0, wish: nil, jitter: 1) }
                == [1, 2, 4, 8, 16, 30, 30, 30].map { .seconds($0) })
        #expect(policy.pause(after: 1000, wish: nil, jitter: 0) == .seconds(15))
        #expect(policy.pause(after: 1, wish: .seconds(86_400), jitter: 0) == .seconds(300))
        #expect(policy.pause(after: 1, wish: .seconds(2), jitter: 0) == .seconds(2))
        // A date in the past, or `Retry-After: 0`.
        #expect(policy.pause(after: 9, wish: .zero, jitter: 0) == .seconds(1))
    }

    @Test func `a receiver that fails, asks for time and comes back gets every alert in order`() async throws {
        let receiver = try ScriptedReceiver([
            .status(500), .status(429, headers: "Retry-After: 3\r\n"), .status(200), .status(503),
        ])
        defer { receiver.stop() }
        let pauses = Mutex<[Duration]>([])
        let sinks = try AlertSinks.make([WebhookDefinition(endpoint: SinkEndpoint(url: receiver.url))])
        let dispatcher = AlertDispatcher(
            sinks: sinks, now: { 1_795_407_400 * second }, pause: { pause in pauses.withLock { $0.append(pause) } })
        dispatcher.submit([Alert.firing().transition, Alert.resolved().transition])
        #expect(await dispatcher.drain(timeout: longEnough))
        let statuses = receiver.bodies.map { $0.contains("\"status\":\"resolved\"") ? "resolved" : "firing" }
        #expect(statuses == ["firing", "firing", "firing", "resolved", "resolved"])
        #expect(pauses.withLock { $0.count } == 3)
        #expect(pauses.withLock { $0.dropFirst().first } == .seconds(3))
        #expect(Self.count(dispatcher, "webhook", .delivered) == 2)
        #expect(Self.count(dispatcher, "webhook", .retried) == 3)
    }

    @Test func `sinks of one kind are numbered`() throws {
        let url = "http://127.0.0.1:9/"
        let sinks = try AlertSinks.make([
            StdoutDefinition(format: .text), WebhookDefinition(endpoint: SinkEndpoint(url: url)),
            WebhookDefinition(endpoint: SinkEndpoint(url: url)),
        ])
        #expect(sinks.map(\.name) == ["stdout", "webhook", "webhook-2"])
        let fault = #expect(throws: WebhookHeaders.FormatError.self) {
            let headersFile = FileReference(path: "/nonexistent", position: .start)
            return try AlertSinks.make([
                WebhookDefinition(endpoint: SinkEndpoint(url: url, headersFile: headersFile))
            ])
        }
        #expect(fault?.description == "/nonexistent:1:1: the file can't be read: no such file")
    }
}
