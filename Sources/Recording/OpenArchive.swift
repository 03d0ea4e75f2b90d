import Archive
import Support

/// The file that is being recorded to. It belongs to the recording thread; after a fault nothing more is asked of it.
final class OpenArchive {
    private var file: RecordedFile
    private var writer: ArchiveWriter
    /// When it was begun, and the group that is being collected.
    let begun = ContinuousClock.now
    private var groupBegun: ContinuousClock.Instant?
    private var hasMessages = false

    /// A group with messages is written after so long, one of readings of the clock later.
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

    /// Adds an event; writes what has become a whole group.
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

    /// Whether what is collected has waited long enough.
    var isDue: Bool {
        guard let groupBegun else { return false }
        return .now - groupBegun >= (hasMessages ? Self.messageDelay : Self.clockDelay)
    }

    /// Writes all there is, to disk where asked.
    func commit(sync: Bool) throws(FileError) {
        writer.seal()
        try flush()
        if sync { try file.sync() }
    }

    /// Ends the file with its index and brings it to disk.
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
