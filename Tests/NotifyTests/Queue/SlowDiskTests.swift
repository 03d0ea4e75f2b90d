import Foundation
import Synchronization
import TestSupport
import Testing
import Rules

@testable import Notify

/// A slow disk holds up the alerts that must be on it before they are sent, and nothing else.
final class SlowDiskTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private let disk = HeldDisk()
    private static let now: @Sendable () -> Int64 = { 1_795_407_400 * second }

    init() throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    private final class Receiver: AlertSink {
        let name = "hook"
        let batchLimit = 10
        let keepsQueue = true
        private let isUp: Bool
        private let taken = Mutex<[[Alert]]>([])

        init(isUp: Bool = true) {
            self.isUp = isUp
        }

        var calls: [[Alert]] { taken.withLock { $0 } }

        func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
            taken.withLock { $0.append(alerts) }
            return isUp ? .delivered : .unavailable("down", after: nil)
        }
    }

    private func dispatcher(
        _ receiver: Receiver, limit: Int = 100, patience: Duration = .seconds(3600), files: DurableFiles? = nil,
        onFailure: @escaping @Sendable (String, String) -> Void = { _, _ in }
    ) -> AlertDispatcher {
        let disk = disk
        return AlertDispatcher(
            sinks: [receiver],
            directory: DeliveryDirectory(
                path, files: files ?? DurableFiles { disk.synchronize($0) }, now: Self.now),
            queueLimit: limit, diskPatience: patience, now: Self.now,
            pause: { _ in try await Task.sleep(for: .seconds(3600)) }, onFailure: onFailure)
    }

    @Test func `nothing is sent before it is on disk, and handing over never blocks`() async {
        let receiver = Receiver()
        let dispatcher = dispatcher(receiver)
        disk.hold()
        dispatcher.submit([Alert.firing().transition], sequence: 1)
        while disk.syncs == 0 { await Task.yield() }
        dispatcher.submit([Alert.resolved().transition], sequence: 2)
        #expect(dispatcher.waiting.map(\.count) == [2])
        #expect(dispatcher.firstUnkept == 1)
        #expect(receiver.calls.isEmpty)
        disk.go()
        #expect(await dispatcher.drain(timeout: longEnough))
        #expect(receiver.calls == [[.firing()], [.resolved()]])
        #expect(dispatcher.firstUnkept == nil)
    }

    @Test func `alerts that arrive while the disk is busy are written together`() async {
        let dispatcher = dispatcher(Receiver(isUp: false))
        disk.hold()
        dispatcher.submit([Alert.firing("A").transition], sequence: 1)
        while disk.syncs == 0 { await Task.yield() }
        let names = ["B", "C", "D", "E", "F"]
        for (number, name) in names.enumerated() {
            dispatcher.submit([Alert.firing(name).transition], sequence: number + 2)
        }
        disk.go()
        _ = await dispatcher.drain(timeout: .zero)
        // The file, its directory, and the file again.
        #expect(disk.syncs == 3)
        let up = Receiver()
        #expect(await self.dispatcher(up).drain(timeout: longEnough))
        #expect(up.calls.flatMap { $0.map(\.name) } == ["A"] + names)
    }

    @Test func `a disk that hangs doesn't hold alerts back for long`() async {
        let receiver = Receiver()
        let dispatcher = dispatcher(receiver, patience: .milliseconds(1))
        disk.hold()
        dispatcher.submit([Alert.firing().transition], sequence: 1)
        while receiver.calls.isEmpty { await Task.yield() }
        // It still isn't on disk.
        #expect(dispatcher.firstUnkept == 1)
        disk.go()
        #expect(await dispatcher.drain(timeout: longEnough))
    }

    @Test func `after a disk hung, only what is left is written`() async {
        let receiver = Receiver()
        let count = 1_200
        let dispatcher = dispatcher(receiver, limit: count, patience: .zero)
        disk.hold()
        dispatcher.submit([Alert.firing("A1").transition], sequence: 1)
        while disk.syncs == 0 { await Task.yield() }
        for number in 2...count {
            dispatcher.submit([Alert.firing("A\(number)").transition], sequence: number)
        }
        while dispatcher.waiting[0].count > 0 { await Task.yield() }
        #expect(dispatcher.firstUnkept == 1)
        disk.go()
        while dispatcher.firstUnkept != nil { await Task.yield() }
        #expect(await dispatcher.drain(timeout: longEnough))
        #expect(receiver.calls.count == count)
        let journal = FileManager.default.contents(atPath: "\(path)/queue-hook.jsonl") ?? Data()
        #expect(!String(decoding: journal, as: UTF8.self).contains("\"A\(count / 2)\""))
        let next = Receiver()
        let second = self.dispatcher(next)
        #expect(second.sequenceAtStart == count)
        #expect(await second.drain(timeout: longEnough))
        #expect(next.calls.isEmpty)
    }

    @Test func `the queue for the disk is bounded, and what doesn't fit is counted`() async {
        let receiver = Receiver()
        let dispatcher = dispatcher(receiver, limit: 3)
        disk.hold()
        dispatcher.submit(["A", "B", "C", "D", "E"].map { Alert.firing($0).transition }, sequence: 1)
        #expect(dispatcher.waiting.map(\.count) == [3])
        #expect(dispatcher.notifications.first { $0.outcome == .dropped }?.count == 2)
        disk.go()
        #expect(await dispatcher.drain(timeout: longEnough))
        #expect(receiver.calls.flatMap { $0.map(\.name) } == ["A", "B", "C"])
        let letters = FileManager.default.contents(atPath: "\(path)/dead-letters.jsonl") ?? Data()
        #expect(letters.split(separator: UInt8(ascii: "\n")).count == 2)
    }

    @Test func `a disk that fails doesn't hold alerts back, and gets what it lacks when it works again`() async {
        let isBroken = Mutex(true)
        let files = DurableFiles { descriptor in
            guard isBroken.withLock({ $0 }) else { return fsync(descriptor) }
            errno = EIO
            return -1
        }
        let reasons = Mutex<[String]>([])
        let first = Receiver(isUp: false)
        let dispatcher = dispatcher(
            first, files: files, onFailure: { _, reason in reasons.withLock { $0.append(reason) } })
        dispatcher.submit([Alert.firing("A").transition], sequence: 1)
        while first.calls.isEmpty { await Task.yield() }
        #expect(reasons.withLock { $0.first }?.hasPrefix("the queue can't be written to disk") == true)
        #expect(dispatcher.firstUnkept == 1)
        isBroken.withLock { $0 = false }
        dispatcher.submit([Alert.firing("B").transition], sequence: 2)
        _ = await dispatcher.drain(timeout: .zero)
        #expect(dispatcher.firstUnkept == nil)
        let next = Receiver()
        #expect(await self.dispatcher(next).drain(timeout: longEnough))
        #expect(next.calls == [[.firing("A")], [.firing("B")]])
    }

    @Test func `a hand-over that a queue has had is not delivered again, whatever became of it`() async {
        let first = dispatcher(Receiver())
        first.submit([Alert.firing("A").transition], sequence: 7)
        #expect(await first.drain(timeout: longEnough))
        let receiver = Receiver()
        let second = dispatcher(receiver)
        #expect(second.sequenceAtStart == 7)
        second.submit([Alert.firing("A").transition], sequence: 7, isAgain: true)
        second.submit([Alert.firing("B").transition], sequence: 8, isAgain: true)
        #expect(await second.drain(timeout: longEnough))
        #expect(receiver.calls == [[.firing("B")]])
    }
}
