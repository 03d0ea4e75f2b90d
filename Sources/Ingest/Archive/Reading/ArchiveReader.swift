package import Engine
package import OTLP

/// Which parts of an archive to read, and from where.
package struct ArchiveOptions: Sendable {
    /// Read only the parts whose spans may end in this range, Unix nanoseconds; nil for everything. Spans outside it
    /// may still be read.
    var spanEnds: Range<Int64>?
    /// Whether to continue after damage, at the next intact lz4 frame.
    var isSalvaging = false

    /// What to read instead of the named file; nil for the file itself.
    var spooled: SpooledInput?

    package init(spanEnds: Range<Int64>? = nil, isSalvaging: Bool = false, spooled: SpooledInput? = nil) {
        self.spanEnds = spanEnds
        self.isSalvaging = isSalvaging
        self.spooled = spooled
    }
}

/// Reads the records of an archive in order: length-prefixed OTLP messages or JSON values, in lz4 frames, gzip or
/// uncompressed. The first bytes decide which.
package struct ArchiveReader: ~Copyable {
    package let name: String
    var chunks: ChunkSequence
    /// Offset of the first unread byte in the current chunk.
    var position = 0
    /// The start of a record that continues in the current chunk, copied from earlier chunks.
    var spanning: [UInt8] = []
    /// A part of a JSON value that is too large for a single record.
    var part: [UInt8] = []
    /// Whether the rest of a record was lost in skipped damage.
    var hasLostPiece = false
    /// The value of `chunks.discontinuities` that the JSON reader has already handled.
    var seenDiscontinuities = 0
    private var framing = Framing.undecided
    var json = JSONSplitter()
    private var stamps = RecordStamps()
    private(set) var recordCount = 0
    /// Whether any record so far had content.
    private(set) var hasContent = false
    /// What the first bytes look like if they aren't an archive's.
    var foreign: String?

    private enum Framing {
        case undecided
        /// A 4-byte big-endian length before each message.
        case lengthDelimited
        case json
    }

    /// Where a record is stored.
    enum RecordBytes {
        case chunk(Range<Int>)
        case spanning(Range<Int>)
        case part
    }

    /// Longer records are refused. The receivers have the same limit, which is OTLP's recommendation of 64 MiB.
    package static let recordBytesMax = 64 << 20

    package enum Step: Sendable {
        case record
        /// The rules were evaluated at this clock reading.
        case clock(ClockReading)
        case end
    }

    /// Opens an archive; `-` is standard input.
    ///
    /// - Parameter readsAhead: whether a thread may read ahead, which takes three chunks of memory instead of one.
    package init(
        _ name: String, _ options: ArchiveOptions = ArchiveOptions(), readsAhead: Bool = true
    ) throws(ArchiveError) {
        self.name = name
        chunks = try ChunkSequence(name, options, readsAhead: readsAhead)
    }

    /// Number of recorded groups so far.
    var groupCount: Int { stamps.groupCount }

    /// The start of the current recorded file; nil if the archive isn't a recording.
    var start: RecordingStart? { stamps.start }

    /// What a recording contains besides records, as far as it was read.
    var contents: RecordingContents { stamps.contents }

    /// When the last record arrived, Unix nanoseconds; nil if the archive doesn't say.
    var lastArrival: Int64? { stamps.lastArrival }

    /// Position of the last event handed out; nil if the archive isn't a recording.
    var recordedPosition: RecordedPosition? { stamps.recordedPosition }

    /// The damaged parts skipped so far.
    package var losses: [ArchiveLoss] { chunks.losses }

    /// Bytes of the file read so far, and its size; the size is nil for a pipe.
    var progress: (read: Int, size: Int?) { (chunks.fileOffset, chunks.fileSize) }

    /// Offset of the next record in the uncompressed bytes.
    var offset: Int { chunks.consumed + position - spanning.count }

    /// Passes the next record to `body`; false at the end of the archive.
    ///
    /// - Throws: `ArchiveError` if the archive is damaged, after all intact records before the damage.
    package mutating func next(
        _ body: (RawSpan, OTLPEncoding) -> Void
    ) throws(ArchiveError) -> Bool {
        while true {
            switch try step({ record, encoding, _ in body(record, encoding) }) {
            case .record: return true
            case .clock: continue
            case .end: return false
            }
        }
    }

    /// Passes the next record to `body`, with its stamp if the archive is a recording, or returns what comes next
    /// instead.
    ///
    /// - Throws: `ArchiveError` if the archive is damaged, after all intact records before the damage.
    package mutating func step(
        _ body: (RawSpan, OTLPEncoding, RecordStamp?) -> Void
    ) throws(ArchiveError) -> Step {
        if framing == .undecided { framing = try beginsAsJSON() ? .json : .lengthDelimited }
        if let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
        // A group's skippable frame comes with the chunk in which its first record starts.
        if spanning.isEmpty, try hasUnread(), let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
        guard let bytes = try framing == .json ? nextValue() : nextMessage() else {
            // Clock readings may follow the last record.
            if let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
            try requireContent()
            return .end
        }
        recordCount += 1
        hand(bytes, to: body)
        return .record
    }

    private mutating func hand(_ bytes: RecordBytes, to body: (RawSpan, OTLPEncoding, RecordStamp?) -> Void) {
        let encoding: OTLPEncoding = framing == .json ? .json : .protobuf
        switch bytes {
        case .chunk(let range):
            let stamp = stamps.stamp(range.count, at: offset - 4 - range.count, &chunks)
            if !hasContent { hasContent = Self.hasContent(chunks.current.extracting(range), encoding) }
            body(chunks.current.extracting(range), encoding, stamp)
        case .spanning(let range):
            let stamp = stamps.stamp(range.count, at: offset, &chunks)
            if !hasContent { hasContent = unsafe Self.hasContent(spanning.span.bytes.extracting(range), encoding) }
            unsafe body(spanning.span.bytes.extracting(range), encoding, stamp)
            spanning.removeAll(keepingCapacity: true)
        case .part:
            hasContent = true
            unsafe body(part.span.bytes, encoding, nil)
            part.removeAll(keepingCapacity: true)
        }
    }

    func damage(_ problem: String) -> ArchiveError {
        ArchiveError(.damaged, name, "\(problem), at byte \(offset) of the uncompressed archive")
    }

    // MARK: Messages

    private mutating func nextMessage() throws(ArchiveError) -> RecordBytes? {
        while true {
            let bytes = try messageOfOnePiece()
            // A record that continues in skipped damage is dropped.
            if bytes != nil || !hasLostPiece { return bytes }
        }
    }

    private mutating func messageOfOnePiece() throws(ArchiveError) -> RecordBytes? {
        hasLostPiece = false
        let prefix = try gather(4)
        guard !hasLostPiece, prefix > 0 else { return nil }
        guard prefix >= 4 else {
            let problem = "the last record's length is cut off"
            throw hasContent ? damage(problem) : notAnArchive(problem)
        }
        let length = Int(gathered.bigEndianWord(0))
        guard length <= Self.recordBytesMax else {
            let problem = "a record of \(length) bytes exceeds the limit of \(Self.recordBytesMax)"
            throw hasContent ? damage(problem) : notAnArchive(problem)
        }
        let available = try gather(4 + length)
        guard !hasLostPiece else { return nil }
        guard available >= 4 + length else {
            // An export request starts with the tag of `resource_spans`; anything else isn't an archive.
            guard hasContent || available >= 5 && gathered.byte(4) == 0x0A else {
                throw notAnArchive("it does not start with an export request")
            }
            throw damage("the last record is cut off")
        }
        guard spanning.isEmpty else { return .spanning(4..<4 + length) }
        defer { position += 4 + length }
        return .chunk(position + 4..<position + 4 + length)
    }

    /// The unread bytes that are contiguous.
    private var gathered: RawSpan {
        @_lifetime(borrow self)
        get { unsafe spanning.isEmpty ? chunks.current.extracting(position...) : spanning.span.bytes }
    }

    /// Makes `count` unread bytes contiguous, or as many as there are.
    ///
    /// - Returns: the number of contiguous bytes.
    private mutating func gather(_ count: Int) throws(ArchiveError) -> Int {
        if spanning.isEmpty {
            guard try hasUnread() else { return 0 }
            let left = chunks.current.byteCount - position
            if left >= count { return left }
        }
        while spanning.count < count, try hasUnread() {
            if hasLostPiece { return 0 }
            span(upTo: min(position + count - spanning.count, chunks.current.byteCount), of: count)
        }
        return spanning.count
    }

    // MARK: Chunks

    /// Copies the record's bytes from this chunk. Memory grows with what is there, up to the length of the record, so
    /// that a false length costs nothing.
    mutating func span(upTo end: Int, of recordMax: Int) {
        let more = chunks.current.extracting(position..<end)
        let needed = spanning.count + more.byteCount
        if needed > spanning.capacity { spanning.reserveCapacity(min(max(needed, 2 * spanning.capacity), recordMax)) }
        unsafe more.withUnsafeBytes { unsafe spanning.append(contentsOf: $0) }
        position = end
    }

    /// Moves to the next chunk if this one is used up; false at the end of the archive.
    mutating func hasUnread() throws(ArchiveError) -> Bool {
        guard position == chunks.current.byteCount else { return true }
        let before = chunks.discontinuities
        // The last chunk may be empty, and a repeated call must still report the end.
        var isNext = false
        defer { position = isNext ? 0 : chunks.current.byteCount }
        isNext = try chunks.next()
        guard isNext else { return false }
        if chunks.discontinuities != before, !spanning.isEmpty {
            spanning.removeAll(keepingCapacity: true)
            hasLostPiece = true
        }
        return true
    }
}
