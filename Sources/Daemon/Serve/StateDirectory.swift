import Foundation
import Logging
import Notify
import Rules
import Support
import Synchronization

/// What outlives a process: the alerts, and what could not be delivered yet. A directory of one daemon at a time.
final class StateDirectory: Sendable {
    private struct Saving {
        /// Unix nanoseconds.
        var last: Int64 = 0
        /// Whether the file has alerts in it.
        var holdsAlerts = true
        var hasFailed = false
    }

    /// Between writings that follow no change of an alert's state, nanoseconds: by the last one a start knows how long
    /// nothing was evaluated.
    private static let interval: Int64 = 10_000_000_000

    let delivery: DeliveryDirectory
    private let path: String
    private let logger: Logger
    // Held for as long as the process lives: the lock ends with it.
    private let lock: DirectoryLock
    private let saving = Mutex(Saving())

    /// Opens a directory, which is made if it isn't there.
    init(_ path: String, logger: Logger) throws(FileFault) {
        self.path = path
        self.logger = logger
        lock = try DirectoryLock(path, for: .state, permissions: 0o700)
        delivery = DeliveryDirectory(path)
    }

    private var file: String { "\(path)/alerts.json" }

    /// Whether alerts could not be written the last time.
    var hasFailed: Bool { saving.withLock { $0.hasFailed } }

    /// What the last process left; nil where there is nothing. A file that can't be read is put aside.
    func load() -> SavedAlerts? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        do {
            return try SavedAlerts(try Data(contentsOf: URL(fileURLWithPath: file)))
        } catch {
            let aside = DurableFile.setAside(file, at: WallClock.now)
            logger.error(
                "alerts of the last run can't be read, and start anew; the file is set aside",
                metadata: ["file": "\(aside)", "reason": "\(Self.reason(error))"])
            return nil
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return PrintableText.escape("\(error)") }
        switch error {
        case .dataCorrupted(let context), .keyNotFound(_, let context), .typeMismatch(_, let context),
            .valueNotFound(_, let context):
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
            let place = path.isEmpty ? "" : " (at \(path.joined(separator: ".")))"
            return PrintableText.escape(context.debugDescription + place)
        @unknown default: return "it is no file of alerts"
        }
    }

    /// Writes the alerts, if that is worth it.
    /// - Parameters:
    ///   - isChanged: whether an alert's state has changed.
    ///   - now: Unix nanoseconds.
    func save(_ alerts: SavedAlerts?, isChanged: Bool, at now: Int64) {
        guard let alerts else { return }
        saving.withLock { saving in
            let isDue = now >= saving.last + Self.interval || now < saving.last
            guard isChanged || isDue && (saving.holdsAlerts || !alerts.isEmpty) else { return }
            do {
                try DurableFile.replace(file, with: try alerts.encoded())
                saving = Saving(last: now, holdsAlerts: !alerts.isEmpty)
            } catch {
                if !saving.hasFailed {
                    logger.error(
                        "alerts can't be written to disk", metadata: ["file": "\(file)", "reason": "\(error)"])
                }
                saving.hasFailed = true
                saving.last = now
            }
        }
    }
}
