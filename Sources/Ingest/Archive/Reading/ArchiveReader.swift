package import Engine
package import OTLP

/// How much of an archive is read.
package struct ArchiveOptions: Sendable {
    /// Only parts whose spans may end in it, Unix nanoseconds; nil for all of it. Other spans may be read still.
    package var spanEnds: Range<Int64>?
    /// Whether to go on behind damage, at the next lz4 frame that is whole.
    package var isSalvaging = false

    /// What to read in place of the file that is named; nil for the file itself.
    package var spooled: SpooledInput?

    package init(spanEnds: Range<Int64>? = nil, isSalvaging: Bool = false, spooled: SpooledInput? = nil) {
        self.spanEnds = spanEnds
        self.isSalvaging = isSalvaging
        self.spooled = spooled
    }
}

/// Reads the records of an archive in their order: OTLP messages, each preceded by its length, or JSON values; in lz4
/// frames, gzip or as they are. What it is, is found by its first bytes.
package struct ArchiveReader: ~Copyable {
    package let name: String
    var chunks: ChunkSequence
    /// How much of the current chunk is taken.
    var position = 0
    /// The beginning of a record that goes on in the current chunk, taken from those before.
    var spanning: [UInt8] = []
    /// A part of a JSON value that is too large to be one record.
    var part: [UInt8] = []
    /// Whether the rest of a record was passed over.
    var hasLostPiece = false
    /// How often something was passed over, as far as JSON was read on behind it.
    var seenDiscontinuities = 0
    private var framing = Framing.undecided
    var json = JSONSplitter()
    private var stamps = RecordStamps()
    package private(set) var recordCount = 0
    /// Whether some record has anything in it.
    private(set) var hasContent = false
    /// What its first bytes show, where these are no archive's.
    var foreign: String?

    private enum Framing {
        case undecided
        /// A 4-byte big-endian length before each message.
        case lengthDelimited
        case json
    }

    /// Where a record lies.
    enum Place {
        case chunk(Range<Int>)
        case spanning(Range<Int>)
        case part
    }

    /// Longer records are refused, as a receiver does with bodies: OTLP's recommendation is 64 MiB.
    package static let recordBytesMax = 64 << 20

    /// What comes next in an archive.
    package enum Step: Sendable {
        case record
        /// The rules were evaluated by this reading of the clock.
        case clock(ClockReading)
        case end
    }

    /// Opens an archive; `-` is standard input.
    ///
    /// - Parameter readsAhead: whether a thread may read on while records are taken, in three chunks of memory instead
    ///   of one.
    package init(
        _ name: String, _ options: ArchiveOptions = ArchiveOptions(), readsAhead: Bool = true
    ) throws(ArchiveError) {
        self.name = name
        chunks = try ChunkSequence(name, options, readsAhead: readsAhead)
    }

    /// Groups of a recording so far.
    package var groupCount: Int { stamps.groupCount }

    /// How the last recorded file began that is read; nil where the archive is no recording.
    package var start: RecordingStart? { stamps.start }

    /// What a recording has beside its records, as far as it was read.
    package var notes: RecordingNotes { stamps.notes }

    /// When the last record arrived, as far as the archive says, Unix nanoseconds.
    package var lastArrival: Int64? { stamps.lastArrival }

    /// Where what was handed out last stands in the order of a recording; nil where the archive is none.
    package var place: RecordedPlace? { stamps.place }

    /// What was damaged and passed over so far.
    package var losses: [ArchiveLoss] { chunks.losses }

    /// The file's size in bytes and how far it is read; the size is nil for a pipe.
    package var progress: (read: Int, size: Int?) { (chunks.fileOffset, chunks.fileSize) }

    /// The offset of the next record among the uncompressed bytes.
    package var offset: Int { chunks.consumed + position - spanning.count }

    /// Hands the next record to `body`; false at the archive's end.
    ///
    /// - Throws: `ArchiveError` where the archive is damaged, after all whole records before.
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

    /// Hands the next record to `body`, with what a recording says about it, or says what else comes next.
    ///
    /// - Throws: `ArchiveError` where the archive is damaged, after all whole records before.
    package mutating func step(
        _ body: (RawSpan, OTLPEncoding, RecordStamp?) -> Void
    ) throws(ArchiveError) -> Step {
        if framing == .undecided { framing = try beginsAsJSON() ? .json : .lengthDelimited }
        if let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
        // What is said about records comes with the chunk they begin in.
        if spanning.isEmpty, try hasUnread(), let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
        guard let place = try framing == .json ? nextValue() : nextMessage() else {
            // EvaluationInputs of the clock may stand behind the last record.
            if let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
            try requireContent()
            return .end
        }
        recordCount += 1
        hand(place, to: body)
        return .record
    }

    private mutating func hand(_ place: Place, to body: (RawSpan, OTLPEncoding, RecordStamp?) -> Void) {
        let encoding: OTLPEncoding = framing == .json ? .json : .protobuf
        switch place {
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

    private mutating func nextMessage() throws(ArchiveError) -> Place? {
        while true {
            let place = try messageOfOnePiece()
            // What was gathered of a record that goes on in what was passed over is lost with it.
            if place != nil || !hasLostPiece { return place }
        }
    }

    private mutating func messageOfOnePiece() throws(ArchiveError) -> Place? {
        hasLostPiece = false
        let prefix = try gather(4)
        guard !hasLostPiece, prefix > 0 else { return nil }
        guard prefix >= 4 else {
            let problem = "the last record's length is cut off"
            throw hasContent ? damage(problem) : notAnArchive(problem)
        }
        let length = Int(gathered.bigEndianWord(0))
        guard length <= Self.recordBytesMax else {
            let problem = "a record of \(length) bytes is larger than \(Self.recordBytesMax)"
            throw hasContent ? damage(problem) : notAnArchive(problem)
        }
        let available = try gather(4 + length)
        guard !hasLostPiece else { return nil }
        guard available >= 4 + length else {
            // An export request starts with the tag of `resource_spans`: what does not is no archive.
            guard hasContent || available >= 5 && gathered.byte(4) == 0x0A else {
                throw notAnArchive("it does not start with an export request")
            }
            throw damage("the last record is cut off")
        }
        guard spanning.isEmpty else { return .spanning(4..<4 + length) }
        defer { position += 4 + length }
        return .chunk(position + 4..<position + 4 + length)
    }

    /// The unread bytes that lie together.
    private var gathered: RawSpan {
        @_lifetime(borrow self)
        get { unsafe spanning.isEmpty ? chunks.current.extracting(position...) : spanning.span.bytes }
    }

    /// Makes `count` unread bytes lie together, or as many as there are.
    ///
    /// - Returns: how many lie together now.
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

    /// Sets aside what the record has in this chunk; the memory for it grows with what is there, up to the record's
    /// length, whatever length was claimed.
    mutating func span(upTo end: Int, of recordMax: Int) {
        let more = chunks.current.extracting(position..<end)
        let needed = spanning.count + more.byteCount
        if needed > spanning.capacity { spanning.reserveCapacity(min(max(needed, 2 * spanning.capacity), recordMax)) }
        unsafe more.withUnsafeBytes { unsafe spanning.append(contentsOf: $0) }
        position = end
    }

    /// Goes on to the next chunk where this one is taken; false at the archive's end.
    mutating func hasUnread() throws(ArchiveError) -> Bool {
        guard position == chunks.current.byteCount else { return true }
        let before = chunks.discontinuities
        // A chunk at the end may be empty; asked again, it is still the end.
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
