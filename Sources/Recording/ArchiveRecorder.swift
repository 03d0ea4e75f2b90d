import Archive
package import Engine
import Foundation
package import Logging
package import Receivers
import Synchronization

/// Records what the daemon takes in, on a thread of its own: event loops copy a request and go on.
package final class ArchiveRecorder: Sendable {
    package let mode: RecordingSettings.Mode
    private let queue: RecordingQueue
    private let isFailed = Atomic<Bool>(false)
    private let counts = Mutex(RecordingCounts())
    private let finished = DurabilityAcknowledgement()

    /// Seconds between looks at the time, where nothing happens.
    private static let patience = 1.0

    /// - Parameter queueBytes: of requests that may wait to be written.
    package init(mode: RecordingSettings.Mode, queueBytes: Int) {
        self.mode = mode
        queue = RecordingQueue(byteCountMax: queueBytes)
    }

    /// Begins to record to a directory.
    ///
    /// - Parameter clock: says the time of day, Unix nanoseconds, by which files are named and retained.
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
            work.durability.settle(isOnDisk: isWritten)
            session.rotate()
            session.measure()
        }
        session.finish()
        finished.settle(isOnDisk: true)
    }

    /// Writes what is queued, and ends.
    package func stop() async {
        queue.stop()
        _ = await finished.isOnDisk
    }

    // MARK: What is recorded

    /// Sets room aside for a request; nil where the client should retry later.
    package func admit(_ byteCount: Int) -> Recording? {
        // JSON may have become longer than any record can be.
        guard !isFailed.load(ordering: .relaxed), byteCount <= ArchiveReader.recordBytesMax else {
            return Recording(self, byteCount: byteCount, hasRoom: false)
        }
        if queue.reserve(byteCount) { return Recording(self, byteCount: byteCount, hasRoom: true) }
        return mode == .durable ? nil : Recording(self, byteCount: byteCount, hasRoom: false)
    }

    func giveBack(_ byteCount: Int) {
        queue.giveBack(byteCount)
    }

    /// Adds a message, or notes that there was one that isn't recorded.
    ///
    /// - Returns: what its acknowledgement waits for, if it does.
    package func append(_ message: RecordedMessage?) -> DurabilityAcknowledgement? {
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

    package func count(_ body: (inout RecordingCounts) -> Void) {
        counts.withLock { body(&$0) }
    }
}
