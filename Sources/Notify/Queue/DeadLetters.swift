import Foundation
import Rules
import Support
import Synchronization

/// The file of alerts that were given up, one JSON object a line: what somebody was to be told and wasn't.
package final class DeadLetters: Sendable {
    private struct Letter: Encodable {
        var time: String
        var sink: String
        var reason: String
        var alert: AlertJSON
    }

    /// Beyond it the file becomes `NAME.1`, in place of the one before.
    private static let byteLimit = 16 << 20

    private let path: String
    private let now: @Sendable () -> Int64
    private let lock = Mutex(())

    package init(path: String, now: (@Sendable () -> Int64)? = nil) {
        self.path = path
        self.now = now ?? SinkClock.system
    }

    /// Adds alerts; throws what the system says when they can't be written.
    func add(_ alerts: [Alert], sink: String, reason: String) throws {
        let time = Timestamp.rfc3339(now())
        let lines = try alerts.map {
            try JSONText.encode(Letter(time: time, sink: sink, reason: reason, alert: AlertJSON($0))) + "\n"
        }
        try lock.withLock { _ in
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            if let size, size > Self.byteLimit { _ = unsafe rename(path, path + ".1") }
            try DurableFile.append(Data(lines.joined().utf8), to: path)
        }
    }
}
