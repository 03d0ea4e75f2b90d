package import Engine

/// Reads the records of an archive in their order: OTLP messages, each preceded by its length, or JSON lines; in lz4
/// frames or as they are. What it is, is found by its first bytes.
package struct ArchiveReader: ~Copyable {
    package let name: String
    private var chunks: ChunkSequence
    /// How much of the current chunk is taken.
    private var position = 0
    /// The beginning of a record that goes on in the current chunk, taken from those before.
    private var spanning: [UInt8] = []
    /// Whether the rest of a record was passed over.
    private var hasLostPiece = false
    private var framing = Framing.undecided
    private var stamps = RecordStamps()
    package private(set) var recordCount = 0

    private enum Framing {
        case undecided
        /// A 4-byte big-endian length before each message.
        case lengthDelimited
        case jsonLines
    }

    /// Where a record lies.
    private enum Place {
        case chunk(Range<Int>)
        case spanning(Range<Int>)
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
        if framing == .undecided { framing = try isJSON() ? .jsonLines : .lengthDelimited }
        if let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
        // What is said about records comes with the chunk they begin in.
        if spanning.isEmpty, try hasUnread(), let clock = stamps.nextClock(at: offset, &chunks) { return .clock(clock) }
        let encoding: OTLPEncoding = framing == .jsonLines ? .json : .protobuf
        guard let place = try framing == .jsonLines ? nextLine() : nextMessage() else {
            // Readings of the clock may stand behind the last record.
            return stamps.nextClock(at: offset, &chunks).map { .clock($0) } ?? .end
        }
        recordCount += 1
        switch place {
        case .chunk(let range):
            let stamp = stamps.stamp(range.count, at: offset - 4 - range.count, &chunks)
            body(chunks.current.extracting(range), encoding, stamp)
        case .spanning(let range):
            let stamp = stamps.stamp(range.count, at: offset, &chunks)
            unsafe body(spanning.span.bytes.extracting(range), encoding, stamp)
        }
        spanning.removeAll(keepingCapacity: true)
        return .record
    }

    private mutating func isJSON() throws(ArchiveError) -> Bool {
        guard try chunks.next() else { return false }
        guard !JaegerJSON.begins(chunks.current.extracting(first: 64).array) else {
            throw ArchiveError(
                .unreadable, name, "is Jaeger's JSON; \"faultline archive convert FILE\" makes an archive of it")
        }
        let bytes = chunks.current
        for offset in bytes.byteOffsets where ![0x20, 0x09, 0x0A, 0x0D].contains(bytes.byte(offset)) {
            return bytes.byte(offset) == UInt8(ascii: "{")
        }
        return false
    }

    private func damage(_ problem: String) -> ArchiveError {
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
        guard prefix >= 4 else { throw damage("the last record's length is cut off") }
        let length = Int(gathered.bigEndianWord(0))
        guard length <= Self.recordBytesMax else {
            let problem = "a record of \(length) bytes is larger than \(Self.recordBytesMax)"
            guard recordCount > 0 else { throw ArchiveError(.unreadable, name, "is no span archive: \(problem)") }
            throw damage(problem)
        }
        let available = try gather(4 + length)
        guard !hasLostPiece else { return nil }
        guard available >= 4 + length else {
            // What begins as no export request does was never one: it begins with the tag of `resource_spans`.
            guard recordCount > 0 || available < 5 || gathered.byte(4) == 0x0A else {
                throw ArchiveError(.unreadable, name, "is no span archive: it begins as none does")
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

    // MARK: Lines

    private mutating func nextLine() throws(ArchiveError) -> Place? {
        while try hasUnread() {
            let newline = chunks.current.firstOffset(of: 0x0A, from: position)
            let end = newline ?? chunks.current.byteCount
            guard spanning.count + end - position <= Self.recordBytesMax else {
                throw damage("a line is longer than \(Self.recordBytesMax) bytes")
            }
            let line = position..<end
            guard newline == nil || !spanning.isEmpty else {
                position = end + 1
                if !Self.isBlank(chunks.current.extracting(line)) { return .chunk(line) }
                continue
            }
            span(upTo: end, of: Self.recordBytesMax)
            guard newline != nil else { continue }
            position += 1
            if let line = spanningLine() { return line }
        }
        // The end, without a newline.
        return spanningLine()
    }

    private mutating func spanningLine() -> Place? {
        if unsafe !Self.isBlank(spanning.span.bytes) { return .spanning(0..<spanning.count) }
        spanning.removeAll(keepingCapacity: true)
        return nil
    }

    private static func isBlank(_ line: RawSpan) -> Bool {
        line.byteOffsets.allSatisfy { [0x20, 0x0D, 0x09].contains(line.byte($0)) }
    }

    // MARK: Chunks

    /// Sets aside what the record has in this chunk; the memory for it grows with what is there, up to the record's
    /// length, whatever length was claimed.
    private mutating func span(upTo end: Int, of recordMax: Int) {
        let more = chunks.current.extracting(position..<end)
        let needed = spanning.count + more.byteCount
        if needed > spanning.capacity { spanning.reserveCapacity(min(max(needed, 2 * spanning.capacity), recordMax)) }
        unsafe more.withUnsafeBytes { unsafe spanning.append(contentsOf: $0) }
        position = end
    }

    /// Goes on to the next chunk where this one is taken; false at the archive's end.
    private mutating func hasUnread() throws(ArchiveError) -> Bool {
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
