import Dispatch
import Foundation
package import Logging
package import Notify
package import Rules
package import Scrape
package import Support
import Synchronization

/// The state that survives a restart: alerts, undelivered notifications and what is usual. Used by one daemon at a time.
package final class StateDirectory: Sendable {
    private struct Saving {
        /// Unix nanoseconds.
        var last: Int64 = 0
        /// Whether the file contains alerts.
        var holdsAlerts = true
        var hasFailed = false
        /// The next version to write, and the callbacks that wait for it. It supersedes earlier versions.
        var next: SavedAlerts?
        var waiting: [@Sendable () -> Void] = []
        /// When the write in progress began, monotonic nanoseconds.
        var writingSince: Int64?

        var isStuck: Bool {
            writingSince.map { .nanoseconds(WallClock.monotonic - $0) > DiskPatience.limit } ?? false
        }
    }

    /// Interval of writes without a change, nanoseconds. The last write shows the next process how long nothing was
    /// evaluated.
    private static let interval: Int64 = 10_000_000_000

    let delivery: DeliveryDirectory
    package let baseline: BaselineFiles
    private let path: String
    private let logger: Logger
    // Held for the lifetime of the process.
    private let lock: DirectoryLock
    private let saving = Mutex(Saving())
    private let files: DurableFiles
    private let thread = DispatchQueue(label: "faultline.state")

    /// Opens the directory and creates it if needed.
    package init(_ path: String, files: DurableFiles = .system, logger: Logger) throws(FileError) {
        self.path = path
        self.files = files
        self.logger = logger
        lock = try DirectoryLock(path, for: .state, permissions: 0o700)
        delivery = DeliveryDirectory(path, files: files)
        baseline = BaselineFiles(state: path, files: files)
    }

    private var file: String { "\(path)/alerts.json" }

    /// Whether the last write failed, or the current one has exceeded the time that callers wait.
    var hasFailed: Bool { saving.withLock { $0.hasFailed || $0.isStuck } }

    /// The alerts of the last process; nil if there are none. An unreadable file is set aside.
    package func load() -> SavedAlerts? {
        do {
            return try DurableFiles.read(file).map { try SavedAlerts($0) }
        } catch {
            let aside = DurableFiles.setAside(file, at: WallClock.now)
            logger.error(
                "alerts of the last run can't be read, so none are restored; the file was set aside",
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
            let location = path.isEmpty ? "" : " (at \(path.joined(separator: ".")))"
            return PrintableText.escape(context.debugDescription + location)
        @unknown default: return "it is not a file of alerts"
        }
    }

    /// Writes the alerts on the directory's thread if necessary. Doesn't block.
    /// - Parameters:
    ///   - isChanged: whether an alert's state has changed.
    ///   - now: Unix nanoseconds.
    ///   - alerts: called only if they will be written; nil if there is nothing to write yet.
    ///   - whenDone: called once they are on disk or can't be written; called at once if no write is needed.
    func save(
        isChanged: Bool, at now: Int64, _ alerts: () -> SavedAlerts?, whenDone: @escaping @Sendable () -> Void
    ) {
        let isWorthIt = saving.withLock { saving in
            let isDue = now >= saving.last + Self.interval || now < saving.last
            return isChanged || isDue
        }
        guard isWorthIt, let alerts = alerts() else { return whenDone() }
        let isWaiting = saving.withLock { saving in
            guard isChanged || saving.holdsAlerts || !alerts.isEmpty else { return false }
            saving.last = now
            saving.holdsAlerts = !alerts.isEmpty
            saving.next = alerts
            // If the disk doesn't answer, new callers don't wait for it.
            let isStuck = saving.isStuck
            if !isStuck { saving.waiting.append(whenDone) }
            if saving.writingSince == nil {
                saving.writingSince = WallClock.monotonic
                thread.async { [self] in write() }
            }
            return !isStuck
        }
        if !isWaiting { whenDone() }
    }

    private func write() {
        while let (alerts, waiting) = takeNext() {
            do {
                try files.replace(file, with: try alerts.encoded())
                saving.withLock { $0.hasFailed = false }
            } catch {
                let isNew = saving.withLock { saving in
                    defer { saving.hasFailed = true }
                    // Retry, even if there are no alerts.
                    saving.holdsAlerts = true
                    return !saving.hasFailed
                }
                if isNew {
                    logger.error(
                        "alerts can't be written to disk", metadata: ["file": "\(file)", "reason": "\(error)"])
                }
            }
            for whenDone in waiting { whenDone() }
        }
    }

    private func takeNext() -> (alerts: SavedAlerts, waiting: [@Sendable () -> Void])? {
        saving.withLock { saving in
            guard let next = saving.next.take() else {
                saving.writingSince = nil
                return nil
            }
            defer { saving.waiting = [] }
            saving.writingSince = WallClock.monotonic
            return (next, saving.waiting)
        }
    }
}

extension StateDirectory {
    package static let metrics = MetricTable<StateDirectory>([
        .flag("faultline_state_failed", help: "Whether the last write of alerts to disk failed.") {
            $0.hasFailed
        }
    ]).present(if: "`state.directory` is set")
}
