import Foundation
import Logging
import Support
import Synchronization
import TestSupport
import Testing
import Notify
import Rules

@testable import Live

private let second: Int64 = 1_000_000_000
private let start: Int64 = 1_795_407_400 * second

/// Accepts every call and reports its beginning and end.
private final class Receiver: AlertSink {
    let name = "hook"
    let batchLimit = 10
    let keepsQueue = true
    private let onCall: @Sendable () -> Void
    private let taken = Mutex<[[Alert]]>([])

    init(onCall: @escaping @Sendable () -> Void = {}) {
        self.onCall = onCall
    }

    var calls: [[Alert]] { taken.withLock { $0 } }

    func deliver(_ alerts: [Alert]) async -> DeliveryAttempt {
        taken.withLock { $0.append(alerts) }
        onCall()
        return .delivered
    }
}

/// The part of a daemon that saves and sends alerts.
private struct Process {
    let delivery: Delivery
    let saved: SavedAlerts?

    init(
        _ path: String, _ receiver: Receiver, files: DurableFiles = .system, patience: Duration = .seconds(3600)
    ) throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let state = try Self.state(path, files, logger)
        saved = state.load()
        delivery = Delivery(
            [receiver], state: state, unsent: saved?.unsentAlerts ?? [], queueLimit: 100, diskPatience: patience,
            log: RateLimitedLog(logger))
    }

    /// The previous process may still be releasing the directory.
    private static func state(_ path: String, _ files: DurableFiles, _ logger: Logger) throws -> StateDirectory {
        while true {
            let opened = Result { () throws(FileError) in try StateDirectory(path, files: files, logger: logger) }
            if case .failure(let fault) = opened, fault.code == EWOULDBLOCK {
                sched_yield()
            } else {
                return try opened.get()
            }
        }
    }

    /// An evaluation with or without results.
    func evaluate(at time: Int64, _ alerts: Alert...) {
        delivery.hand(on: alerts.map(\.transition), at: time) {
            RuleEvaluator([]).savedAlerts(at: time)
        } active: {
            []
        }
    }

    func finish(at time: Int64) async {
        await delivery.finish(at: time, timeout: longEnough) { saved ?? RuleEvaluator([]).savedAlerts(at: time) }
    }
}

/// Alerts and pending notifications across processes.
final class AlertsOnDiskTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    private var path: String { "\(directory)/state" }

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// What a process leaves behind when it is killed at some moment.
    private struct Wreck {
        var path: String
        var calls: [[Alert]]
        /// Whether the last call was in progress, or answered but not yet saved.
        var isInCall: Bool
    }

    /// Copies the directory at each moment at which a process might be killed.
    private final class Wrecks: Sendable {
        private let directory: String
        private let all = Mutex<[Wreck]>([])
        let receiver = Mutex<Receiver?>(nil)

        init(_ directory: String) {
            self.directory = directory
        }

        var list: [Wreck] { all.withLock { $0 } }

        func add(isInCall: Bool) {
            all.withLock { all in
                let path = "\(directory)/wreck-\(all.count)"
                try? FileManager.default.copyItem(atPath: "\(directory)/state", toPath: path)
                all.append(
                    Wreck(path: path, calls: receiver.withLock { $0?.calls ?? [] }, isInCall: isInCall))
            }
        }
    }

    /// Runs a process whose alerts fire and resolve, and returns what it would have left at every step.
    private func wrecks() async throws -> [Wreck] {
        let wrecks = Wrecks(directory)
        let receiver = Receiver { wrecks.add(isInCall: true) }
        wrecks.receiver.withLock { $0 = receiver }
        let files = DurableFiles { descriptor in
            wrecks.add(isInCall: false)
            defer { wrecks.add(isInCall: false) }
            return fsync(descriptor)
        }
        let process = try Process(path, receiver, files: files)
        process.evaluate(at: start, .firing("A"), .firing("B"))
        await settle(process, calls: 2)
        process.evaluate(at: start + 60 * second, .resolved("A"))
        await settle(process, calls: 3)
        process.evaluate(at: start + 90 * second)
        await process.finish(at: start + 91 * second)
        return wrecks.list
    }

    /// Waits until the queue on disk records this many finished calls.
    private func settle(_ process: Process, calls: Int) async {
        let file = "\(path)/queue-hook.jsonl"
        while true {
            let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
            if text.ranges(of: "\"done\":1}\n").count == calls { return }
            await Task.yield()
        }
    }

    /// What the next process finds, the time of its last evaluation, and what it sends.
    private static func next(_ path: String) async throws -> (evaluated: Int64, calls: [[Alert]]) {
        let receiver = Receiver()
        let process = try Process(path, receiver)
        await process.finish(at: start + 100 * second)
        return (process.saved.flatMap { Timestamp.parse(rfc3339: $0.evaluatedAt) } ?? 0, receiver.calls)
    }

    @Test func `killed at any step, the next process sends what is left to send, and nothing twice`() async throws {
        let wrecks = try await wrecks()
        let story: [(alert: Alert, time: Int64)] = [
            (.firing("A"), start), (.firing("B"), start), (.resolved("A"), start + 60 * second),
        ]
        var repeated = 0
        for (number, wreck) in wrecks.enumerated() {
            let (evaluated, calls) = try await Self.next(wreck.path)
            let told = (wreck.calls + calls).flatMap(\.self)
            for (alert, time) in story {
                let count = told.count { $0 == alert }
                if evaluated < time {
                    // Nothing was sent that the next process doesn't know.
                    #expect(count == 0, "step \(number)")
                } else if wreck.isInCall, wreck.calls.last?.contains(alert) == true {
                    // The call may have been lost, so it is repeated unchanged, with the same key.
                    #expect(count == 2 && calls.first == wreck.calls.last, "step \(number)")
                    repeated += 1
                } else {
                    #expect(count == 1, "step \(number)")
                }
            }
            #expect(try await Self.next(wreck.path).calls.isEmpty, "step \(number)")
        }
        #expect(repeated == 3 && wrecks.count > 20)
    }

    @Test func `an evaluation ends while the disk hangs, and nothing is sent before it continues`() async throws {
        let disk = HeldDisk()
        let receiver = Receiver()
        let process = try Process(path, receiver, files: DurableFiles { disk.synchronize($0) })
        disk.hold()
        process.evaluate(at: start, .firing("A"))
        while disk.syncs == 0 { await Task.yield() }
        process.evaluate(at: start + second, .firing("B"))
        process.evaluate(at: start + 20 * second, .resolved("A"))
        #expect(process.delivery.waiting.map(\.count) == [3])
        #expect(receiver.calls.isEmpty)
        disk.go()
        await process.finish(at: start + 21 * second)
        #expect(receiver.calls == [[.firing("A")], [.firing("B")], [.resolved("A")]])
        #expect(process.delivery.waiting.map(\.count) == [0])
    }

    @Test func `a disk that never answers delays no alert for long`() async throws {
        let disk = HeldDisk()
        let receiver = Receiver()
        let process = try Process(
            path, receiver, files: DurableFiles { disk.synchronize($0) }, patience: .milliseconds(1))
        disk.hold()
        process.evaluate(at: start, .firing("A"))
        while receiver.calls.isEmpty { await Task.yield() }
        disk.go()
        await process.finish(at: start + second)
        #expect(receiver.calls == [[.firing("A")]])
    }
}
