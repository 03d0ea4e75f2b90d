import Archive
import Glibc
import Logging
import Support

/// The recording thread's work: starts, fills, finishes and retains files. After an error recording stops, and is tried
/// again in a new file.
final class RecordingSession {
    private let settings: RecordingSettings
    private let path: String
    private let logger: Logger
    private let recorder: ArchiveRecorder
    /// The time of day, Unix nanoseconds.
    private let clock: @Sendable () -> Int64
    private let recording = RecordingID.random()
    private var directory: ArchiveDirectory?
    private var file: OpenArchive?
    private var nextSequence: UInt64 = 0
    /// nil without an error.
    private var retryAt: ContinuousClock.Instant?

    private var measuredAt: ContinuousClock.Instant?

    private static let measureInterval = Duration.seconds(1)
    private static let retryDelay = Duration.seconds(10)

    init(
        _ settings: RecordingSettings, path: String, recorder: ArchiveRecorder, clock: @escaping @Sendable () -> Int64,
        logger: Logger
    ) {
        self.settings = settings
        self.path = path
        self.recorder = recorder
        self.clock = clock
        self.logger = logger
    }

    /// Starts a file unless there is one or the last error is too recent.
    func begin() {
        guard file == nil, retryAt.map({ .now >= $0 }) ?? true else { return }
        do throws(FileError) {
            try beginFile()
            if retryAt != nil { logger.notice("recording resumed", metadata: ["file": "\(file?.path ?? "")"]) }
            retryAt = nil
            recorder.setFailed(false)
        } catch {
            fail(error)
        }
    }

    /// Writes events. In `durable` mode they are on disk when this returns true.
    ///
    /// - Returns: false if any of them could not be written.
    func record(_ work: RecordingQueue.Work) -> Bool {
        if let last = work.events.last { nextSequence = last.sequence + 1 }
        let requests = work.events.count { if case .message = $0.event { true } else { false } }
        guard let file else {
            recorder.count { $0.requestsDropped += requests }
            return false
        }
        do throws(FileError) {
            let before = (bytes: file.byteCount, groups: file.groupCount)
            for (sequence, event) in work.events { try file.append(sequence, event) }
            let isSynced = settings.mode == .durable && requests > 0
            if isSynced || file.isDue { try file.commit(sync: isSynced) }
            recorder.count { counts in
                counts.requests += requests
                counts.bytesWritten += file.byteCount - before.bytes
                counts.groups += file.groupCount - before.groups
                counts.syncs += isSynced ? 1 : 0
            }
            return true
        } catch {
            recorder.count { $0.requestsDropped += requests }
            fail(error)
            return false
        }
    }

    /// Finishes a file that is large or old enough, and starts the next.
    func rotate() {
        guard let file else { return }
        let isOld = ContinuousClock.now - file.begun >= .nanoseconds(settings.rotateAfter)
        guard isOld || file.byteCount >= settings.fileBytesMax || file.groupCount >= ArchiveWriter.groupsMax else {
            return
        }
        finish()
        begin()
    }

    func finish() {
        guard let file else { return }
        self.file = nil
        do throws(FileError) {
            let before = file.byteCount
            try file.finish()
            recorder.count { $0.bytesWritten += file.byteCount - before }
            logger.notice("archive finished", metadata: ["file": "\(file.path)", "bytes": "\(file.byteCount)"])
        } catch {
            fail(error)
        }
    }

    private func beginFile() throws(FileError) {
        if directory == nil { directory = try ArchiveDirectory(path) }
        guard let time = directory?.nextTime(clock()), let file = try directory?.makeFile(time) else { return }
        let start = RecordingStart(recording: recording, time: time, firstSequence: nextSequence)
        let open = try OpenArchive(file, start)
        self.file = open
        logger.notice(
            "recording", metadata: ["file": "\(open.path)", "mode": "\(settings.mode.rawValue)"])
        recorder.count { $0.bytesWritten += open.byteCount }
        retain()
    }

    private func retain() {
        guard let result = directory?.retain(settings, now: clock(), current: file?.path) else { return }
        for removed in result.removed {
            logger.notice("archive removed", metadata: ["file": "\(path)/\(removed.name)"])
        }
        for error in result.errors { logger.error("archive not removed", metadata: ["error": "\(error)"]) }
    }

    private func fail(_ error: FileError) {
        // Give up the directory too: its disk may be gone, and another one mounted there.
        file = nil
        directory = nil
        retryAt = .now + Self.retryDelay
        recorder.setFailed(true)
        logger.error(
            "recording has stopped; spans are still accepted",
            metadata: ["error": "\(error)", "retry": "\(Self.retryDelay)"])
    }

    /// Updates the counts of files and bytes, and notices a removed file.
    func measure() {
        if let measuredAt, .now - measuredAt < Self.measureInterval { return }
        measuredAt = .now
        if let file, !file.hasName { fail(FileError("someone removed", file.path, code: ENOENT)) }
        let files = directory?.files() ?? []
        recorder.count { counts in
            counts.files = files.count
            counts.directoryBytes = files.reduce(0) { $0 + $1.byteCount }
        }
    }
}
