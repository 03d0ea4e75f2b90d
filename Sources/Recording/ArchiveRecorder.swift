import Archive
package import Engine
import Foundation
package import Logging
import Receivers
package import Scrape
import Synchronization

/// What is recorded, where, and for how long. See docs/configuration.md.
package struct RecordingSettings: Equatable, Sendable {
    /// When a request is acknowledged.
    package enum Mode: String, CaseIterable, Sendable {
        /// Once its spans are in the window; it is written about a second later.
        case memory
        /// Once it is on disk.
        case durable
    }

    /// nil if nothing is recorded.
    package var directory: String?
    package var mode = Mode.memory
    /// A file is finished when it is larger than this, or older (nanoseconds).
    package var rotateBytes = 256 << 20
    package var rotateAfter: Int64 = 3_600_000_000_000
    /// Limit for all files of the directory; the oldest are removed.
    package var retainBytes = 10 << 30
    /// Files last written longer ago are removed (nanoseconds); nil keeps them while there is room.
    package var retainAge: Int64?

    /// A file is at most a quarter of what is retained, so removing one leaves most of it.
    package var fileBytesMax: Int { max(1, min(rotateBytes, retainBytes / Self.filesRetained)) }
    package static let filesRetained = 4
    /// A smaller file would hold little besides its head and index.
    package static let fileBytesLeast = 4 << 10

    package init() {}
}

/// Records incoming requests on its own thread. Event loops only copy a request.
package final class ArchiveRecorder: Sendable {
    let mode: RecordingSettings.Mode
    private let queue: RecordingQueue
    private let isFailed = Atomic<Bool>(false)
    private let counts = Mutex(RecordingCounts())
    private let finished = DurabilityAcknowledgement()

    /// Seconds after which the thread checks the time although nothing arrived.
    private static let patience = 1.0

    /// - Parameter queueBytes: limit for requests that wait to be written.
    package init(mode: RecordingSettings.Mode, queueBytes: Int) {
        self.mode = mode
        queue = RecordingQueue(byteCountMax: queueBytes)
    }

    /// Starts recording to a directory.
    ///
    /// - Parameter clock: the time of day in Unix nanoseconds, for naming and retaining files.
    package func start(
        _ settings: RecordingSettings, path: String, clock: @escaping @Sendable () -> Int64, logger: Logger
    ) {
        Thread.detachNewThread { [self] in
            run(RecordingSession(settings, path: path, recorder: self, clock: clock, logger: logger))
        }
    }

    private func run(_ session: RecordingSession) {
        var isLast = false
        session.begin()
        session.measure()
        while !isLast {
            let work = queue.take(waiting: Self.patience)
            isLast = work.isLast
            session.begin()
            let isWritten = session.record(work)
            let byteCount = work.events.reduce(0) { sum, event in
                guard case .message(let message) = event.event else { return sum }
                return sum + message.bytes.count
            }
            queue.giveBack(byteCount)
            work.durability.complete(isOnDisk: isWritten)
            session.rotate()
            session.measure()
        }
        session.finish()
        finished.complete(isOnDisk: true)
    }

    /// Writes what is queued and ends the thread.
    package func stop() async {
        queue.stop()
        _ = await finished.isOnDisk
    }

    // MARK: What is recorded

    /// Reserves room for a request; nil if the client should retry later.
    package func admit(_ byteCount: Int) -> Recording? {
        // A request translated from JSON may be longer than any record.
        guard !isFailed.load(ordering: .relaxed), byteCount <= ArchiveReader.recordBytesMax else {
            return Recording(self, byteCount: byteCount, hasRoom: false)
        }
        if queue.reserve(byteCount) { return Recording(self, byteCount: byteCount, hasRoom: true) }
        return mode == .durable ? nil : Recording(self, byteCount: byteCount, hasRoom: false)
    }

    func giveBack(_ byteCount: Int) {
        queue.giveBack(byteCount)
    }

    /// Adds a message, or the gap of one that isn't recorded.
    ///
    /// - Returns: what the acknowledgement has to wait for; nil if nothing.
    func append(_ message: RecordedMessage?) -> DurabilityAcknowledgement? {
        if message == nil { counts.withLock { $0.requestsDropped += 1 } }
        let durability = queue.append(message.map { .message($0) })
        return mode == .durable ? durability : nil
    }

    package func note(_ reading: ClockReading) {
        _ = queue.append(.clock(reading))
    }

    // MARK: What the scrape says

    package var current: RecordingCounts {
        var current = counts.withLock { $0 }
        current.isFailed = isFailed.load(ordering: .relaxed)
        return current
    }

    /// Bytes of requests that wait to be written.
    package var queueBytes: Int { queue.byteCount }

    func setFailed(_ isFailed: Bool) {
        self.isFailed.store(isFailed, ordering: .relaxed)
    }

    func count(_ body: (inout RecordingCounts) -> Void) {
        counts.withLock { body(&$0) }
    }
}

/// Counters of the recording, for the scrape.
package struct RecordingCounts: Sendable {
    var bytesWritten = 0
    /// Groups written, and their requests.
    var groups = 0
    var requests = 0
    /// Requests accepted but not recorded.
    package var requestsDropped = 0
    /// Syncs of files.
    var syncs = 0
    /// Whether recording has stopped because of an error.
    package var isFailed = false
    /// Files in the directory, and their size.
    var files = 0
    var directoryBytes = 0
}

extension ArchiveRecorder {
    package static let metrics = MetricTable<ArchiveRecorder>([
        .flag(
            "faultline_archive_failed", help: "Whether recording has stopped because of an error, which the log names."
        ) {
            $0.current.isFailed
        },
        .counter("faultline_archive_written_bytes", help: "Bytes written to archives.") { $0.current.bytesWritten },
        .counter("faultline_archive_groups", help: "Groups of export requests written to archives.") {
            $0.current.groups
        },
        .counter("faultline_archive_requests", help: "Export requests recorded.") { $0.current.requests },
        .counter("faultline_archive_dropped_requests", help: "Export requests accepted but not recorded.") {
            $0.current.requestsDropped
        },
        .counter("faultline_archive_syncs", help: "Syncs of archives to disk.") { $0.current.syncs },
        .gauge(
            "faultline_archive_queue_bytes", unit: "bytes", help: "Bytes of export requests waiting to be recorded."
        ) { $0.queueBytes },
        .gauge("faultline_archive_files", help: "Archives in the directory.") { $0.current.files },
        .gauge(
            "faultline_archive_directory_bytes", unit: "bytes", help: "Size of the archives in the directory."
        ) { $0.current.directoryBytes },
    ]).present(if: "spans are recorded")
}
