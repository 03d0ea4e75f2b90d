import Dispatch
import Foundation
import Rules
import Support
import Synchronization

/// The file of undeliverable alerts, one JSON object per line. Written on a separate thread.
final class DeadLetters: Sendable {
    private struct Letter: Encodable {
        var time: String
        var sink: String
        var reason: String
        var alert: AlertJSON
    }

    /// Thrown when too many alerts wait to be written.
    private struct LimitError: Error, CustomStringConvertible {
        let description = "\(DeadLetters.waitingMax) alerts are already waiting"
    }

    /// A larger file is renamed to `NAME.1`, replacing the previous one.
    private static let byteLimit = 16 << 20
    /// How many alerts may wait for a slow disk.
    private static let waitingMax = 10_000

    private let path: String
    private let files: DurableFiles
    private let now: @Sendable () -> Int64
    private let waiting = Mutex(0)
    private let thread = DispatchQueue(label: "faultline.dead-letters")

    init(path: String, files: DurableFiles, now: @escaping @Sendable () -> Int64) {
        self.path = path
        self.files = files
        self.now = now
    }

    /// Queues alerts to be written; returns at once.
    /// - Parameter whenDone: called with nil once they are on disk, or with the error if they can't be written.
    func add(_ alerts: [Alert], sink: String, reason: String, whenDone: @escaping @Sendable ((any Error)?) -> Void) {
        let hasRoom = waiting.withLock { waiting in
            guard waiting == 0 || waiting + alerts.count <= Self.waitingMax else { return false }
            waiting += alerts.count
            return true
        }
        guard hasRoom else { return whenDone(LimitError()) }
        let time = Timestamp.rfc3339(now())
        thread.async { [self] in
            defer { waiting.withLock { $0 -= alerts.count } }
            do {
                try write(alerts.map { Letter(time: time, sink: sink, reason: reason, alert: AlertJSON($0)) })
                whenDone(nil)
            } catch {
                whenDone(error)
            }
        }
    }

    /// Calls `done` once everything added so far is written.
    func flush(_ done: @escaping @Sendable () -> Void) {
        thread.async(execute: done)
    }

    private func write(_ letters: [Letter]) throws {
        let lines = try letters.map { try JSONText.encode($0) + "\n" }
        let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        if let size, size > Self.byteLimit { _ = unsafe rename(path, path + ".1") }
        try files.append(Data(lines.joined().utf8), to: path)
    }
}
