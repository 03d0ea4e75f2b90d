import Support
import Engine
import Foundation
import Synchronization
import TestSupport
import Testing
import Rules

@testable import Notify

/// Queues on disk survive the process. Here, one dispatcher follows another.
final class DeliveryDirectoryTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private static let now: @Sendable () -> Int64 = { 1_795_407_400 * second }

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    private final class Receiver: AlertSink {
        let name: String
        let batchLimit = 10
        let keepsQueue = true
        private let isUp: Bool
        private let taken = Mutex<[[Alert]]>([])

        init(_ name: String = "hook", isUp: Bool) {
            self.name = name
            self.isUp = isUp
        }

        var calls: [[Alert]] { taken.withLock { $0 } }

        func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
            taken.withLock { $0.append(alerts) }
            return isUp ? .delivered : .unavailable("down", after: nil)
        }
    }

    private func dispatcher(_ sinks: any AlertSink...) -> AlertDispatcher {
        AlertDispatcher(
            sinks: sinks, directory: DeliveryDirectory(path, now: Self.now), now: Self.now,
            pause: { _ in try await Task.sleep(for: .seconds(3600)) })
    }

    /// The alerts that the next process delivers to a receiver.
    private func next(_ receiver: Receiver) async -> [[Alert]] {
        let isDone = await dispatcher(receiver).drain(timeout: longEnough)
        #expect(isDone)
        return receiver.calls
    }

    private static func evident(_ alert: Alert) -> Alert {
        var alert = alert
        alert.evidence = AlertEvidence(
            culprit: .init(side: "etcd", component: "etcd", certainty: .clear, why: "etcd: it took longer"),
            components: [.init(component: "etcd", seconds: 0.5, baselineSeconds: 0.1)], traces: [])
        return alert
    }

    @Test func `the next process delivers all undelivered alerts in order`() async {
        let first = dispatcher(Receiver(isUp: false))
        let alerts = [Self.evident(.firing()), Self.evident(.resolved()), .firing("Other", ["a": "\u{1B}\n\""])]
        first.submit(alerts.map(\.transition))
        #expect(await first.drain(timeout: .zero) == false)
        #expect(await next(Receiver(isUp: true)) == alerts.map { [$0] })
        #expect(await next(Receiver(isUp: true)) == [])
    }

    @Test func `a hand-over that may be a repeat is delivered again, except for what still waits`() async {
        let first = dispatcher(Receiver(isUp: false))
        first.submit([Alert.firing().transition])
        _ = await first.drain(timeout: .zero)
        let up = Receiver(isUp: true)
        let second = dispatcher(up)
        second.submit([Alert.firing().transition, Alert.firing("Other").transition], isAgain: true)
        #expect(await second.drain(timeout: longEnough))
        #expect(up.calls == [[.firing()], [.firing("Other")]])
    }

    @Test func `a call that may have been made is repeated with the same alerts`() async {
        let down = Receiver(isUp: false)
        let first = dispatcher(down)
        let alerts = ["1", "2", "3"].map { Alert.firing("Slow", ["x": $0]) }
        first.submit([alerts[0].transition])
        while down.calls.isEmpty { await Task.yield() }
        first.submit(alerts[1...].map(\.transition))
        _ = await first.drain(timeout: .zero)
        #expect(await next(Receiver(isUp: true)) == [[alerts[0]], [alerts[1], alerts[2]]])
    }

    @Test func `a queue file cut off at any byte yields its whole lines, and accepts more`() async throws {
        _ = await {
            let first = self.dispatcher(Receiver(isUp: false))
            first.submit([Alert.firing("A").transition, Alert.firing("B").transition])
            return await first.drain(timeout: .zero)
        }()
        let file = "\(path)/queue-hook.jsonl"
        let whole = try #require(FileManager.default.contents(atPath: file))
        for length in stride(from: 0, to: whole.count, by: 7) {
            try whole.prefix(length).write(to: URL(fileURLWithPath: file))
            let second = dispatcher(Receiver(isUp: false))
            second.submit([Alert.firing("C").transition])
            _ = await second.drain(timeout: .zero)
            let lines = whole.prefix(length).count { $0 == UInt8(ascii: "\n") }
            let names = await next(Receiver(isUp: true)).flatMap { $0.map(\.name) }
            #expect(names == Array(["A", "B"].prefix(lines)) + ["C"])
        }
    }

    @Test func `alerts that a receiver rejects go to the dead letters`() async throws {
        let receiver = try ScriptedReceiver([.status(400)])
        let sinks = try AlertSinks.make([
            WebhookDefinition(endpoint: SinkEndpoint(url: receiver.url + "?token=hunter2"))
        ])
        let dispatcher = AlertDispatcher(
            sinks: sinks, directory: DeliveryDirectory(path, now: Self.now), now: Self.now)
        dispatcher.submit([Alert.firing().transition])
        #expect(await dispatcher.drain(timeout: longEnough))
        receiver.stop()
        let contents = FileManager.default.contents(atPath: "\(path)/dead-letters.jsonl") ?? Data()
        let text = String(decoding: contents, as: UTF8.self)
        #expect(
            text == #"{"alert":\#(try JSONText.encode(AlertJSON(.firing()))),"reason":"the receiver answered 400","#
                + #""sink":"webhook","time":"2026-11-23T04:16:40Z"}"# + "\n")
        #expect(!(try FileManager.default.contentsOfDirectory(atPath: path)).joined().contains("hunter2"))
    }

    @Test func `alerts for a sink that is no longer defined go to the dead letters`() async throws {
        let first = dispatcher(Receiver("old", isUp: false))
        first.submit([Alert.firing().transition])
        _ = await first.drain(timeout: .zero)
        #expect(await next(Receiver(isUp: true)) == [])
        let contents = FileManager.default.contents(atPath: "\(path)/dead-letters.jsonl") ?? Data()
        #expect(String(decoding: contents, as: UTF8.self).contains("the sink is no longer defined"))
        #expect(!FileManager.default.fileExists(atPath: "\(path)/queue-old.jsonl"))
    }

    @Test func `a sink that is removed and comes back has a new queue`() async {
        let down = Receiver("hook", isUp: false)
        let other = Receiver("other", isUp: true)
        let first = dispatcher(down, other)
        first.submit([Alert.firing("A").transition])
        while down.calls.isEmpty { await Task.yield() }
        first.replace([other])
        first.replace([other, down])
        first.submit([Alert.firing("B").transition])
        while first.waiting.contains(where: { $0.sink == "other" && $0.count > 0 }) { await Task.yield() }
        _ = await first.drain(timeout: .zero)
        // After a restart, the removed sink's alerts belong to no sink.
        #expect(await next(Receiver("hook", isUp: true)) == [[.firing("B")]])
        let contents = FileManager.default.contents(atPath: "\(path)/dead-letters.jsonl") ?? Data()
        #expect(contents.split(separator: UInt8(ascii: "\n")).count == 1)
    }

    @Test func `a reload that keeps a sink keeps its queue`() async {
        let pauses = Mutex(0)
        let down = Receiver(isUp: false)
        let up = Receiver(isUp: true)
        let dispatcher = AlertDispatcher(
            sinks: [down], directory: DeliveryDirectory(path), now: Self.now,
            pause: { _ in
                pauses.withLock { $0 += 1 }
                while down.calls.count < 2 { await Task.yield() }
            })
        dispatcher.submit([Alert.firing().transition, Alert.resolved().transition])
        while pauses.withLock({ $0 }) == 0 { await Task.yield() }
        _ = await down.deliver([])
        dispatcher.replace([up])
        #expect(await dispatcher.drain(timeout: longEnough))
        #expect(up.calls.suffix(2) == [[.firing()], [.resolved()]])
    }
}
