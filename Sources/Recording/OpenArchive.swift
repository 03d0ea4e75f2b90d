import Archive
// Both modules declare stat; whichever the compiler reads first owns it.
import CDispatch
import Glibc
import Support

/// The file being recorded to. Used only by the recording thread, and not after an error.
final class OpenArchive {
    private var file: RecordedFile
    private var writer: ArchiveWriter
    /// Start of the file, and of the current group.
    let begun = ContinuousClock.now
    private var groupBegun: ContinuousClock.Instant?
    private var hasMessages = false

    /// How long a group with messages waits before it is written, and how long one with only clock readings.
    private static let messageDelay = Duration.seconds(1)
    private static let clockDelay = Duration.seconds(10)

    init(_ file: consuming RecordedFile, _ start: RecordingStart) throws(FileError) {
        self.file = file
        writer = ArchiveWriter(start)
        try flush()
    }

    var path: String { file.path }
    var byteCount: Int { file.byteCount }
    var hasName: Bool { file.hasName }
    var groupCount: Int { writer.groupCount }

    /// Adds an event and writes completed groups.
    func append(_ sequence: UInt64, _ event: RecordingQueue.Event) throws(FileError) {
        switch event {
        case .message(let message):
            unsafe writer.append(
                message.bytes.span.bytes, sequence: sequence, arrival: message.arrival, spans: message.spans,
                spanEnds: message.spanEnds)
            hasMessages = true
        case .clock(let reading): writer.append(reading, sequence: sequence)
        }
        if groupBegun == nil { groupBegun = .now }
        try flush()
    }

    /// Whether the current group has waited long enough.
    var isDue: Bool {
        guard let groupBegun else { return false }
        return .now - groupBegun >= (hasMessages ? Self.messageDelay : Self.clockDelay)
    }

    /// Writes everything collected, and syncs if asked.
    func commit(sync: Bool) throws(FileError) {
        writer.seal()
        try flush()
        if sync { try file.sync() }
    }

    /// Writes the index, and syncs.
    func finish() throws(FileError) {
        writer.finish()
        try flush()
        try file.sync()
    }

    private func flush() throws(FileError) {
        let bytes = writer.takeOutput()
        guard !bytes.isEmpty else { return }
        try file.write(bytes)
        if writer.isSealed {
            groupBegun = nil
            hasMessages = false
        }
    }
}

/// A file that is only appended to.
///
/// After an error it must not be written to, and above all not synced again: the kernel may have marked pages that it
/// could not write as clean, and a second fsync would succeed without them.
struct RecordedFile: ~Copyable {
    let path: String
    private let descriptor: Int32
    /// Bytes completely written.
    private(set) var byteCount = 0

    /// Creates a file; fails if it exists.
    init(creating path: String) throws(FileError) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileError("create", path) }
    }

    deinit {
        close(descriptor)
    }

    /// Writes all bytes. On an error it tries to truncate the file to what was written before.
    mutating func write(_ bytes: [UInt8]) throws(FileError) {
        guard let code = unsafe FileWriting.writeAll(bytes.span.bytes, to: descriptor) else {
            byteCount += bytes.count
            return
        }
        _ = ftruncate(descriptor, off_t(byteCount))
        // On a disk that stays full, every attempt would otherwise leave an empty file.
        if byteCount == 0 { _ = unsafe unlink(path) }
        throw FileError("write", path, code: code)
    }

    /// Whether the file still has a name. Without one, its contents are lost when it is closed.
    var hasName: Bool {
        var status = stat()
        return unsafe fstat(descriptor, &status) == 0 && status.st_nlink > 0
    }

    /// Syncs the data to disk.
    func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError("fdatasync", path) }
    }
}
