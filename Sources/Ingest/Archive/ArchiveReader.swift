/// Reads the records of an archive in their order: OTLP messages, each preceded by its length, or JSON lines; in lz4
/// frames or as they are. What it is, is found by its first bytes.
package struct ArchiveReader: ~Copyable {
    private var source: ByteSource
    private var lz4: LZ4Stream?
    private var framing: Framing
    /// Uncompressed bytes; those of `start..<end` are not handed out yet.
    private var buffer: [UInt8] = []
    private var start = 0
    private var end = 0
    /// Uncompressed bytes before the buffer.
    private var consumed = 0
    private var isAtEnd = false
    package private(set) var recordCount = 0

    private enum Framing {
        case undecided
        /// A 4-byte big-endian length before each message.
        case lengthDelimited
        case jsonLines
    }

    /// Longer records are refused, as a receiver does with bodies: OTLP's recommendation is 64 MiB.
    package static let recordBytesMax = 64 << 20
    /// A whole block of the largest size that lz4 frames have: it is decompressed in place.
    private static let chunk = 4 << 20

    /// Opens an archive; `-` is standard input.
    package init(_ name: String) throws(ArchiveError) {
        let opened = try Self.open(name)
        source = opened.source
        lz4 = opened.isLZ4 ? LZ4Stream() : nil
        framing = .undecided
    }

    private static func open(_ name: String) throws(ArchiveError) -> (source: ByteSource, isLZ4: Bool) {
        var source = try ByteSource(name)
        try source.fill(4)
        guard source.available > 0 else { throw ArchiveError(.unreadable, name, "is empty") }
        let magic = LZ4Stream.magic(source)
        return (source, magic == LZ4Stream.magic || LZ4Stream.skippableMagics.contains(magic))
    }

    /// The file's size in bytes and how far it is read; the size is nil for a pipe.
    package var progress: (read: Int, size: Int?) { (source.offset, source.size) }

    package var name: String { source.name }

    /// Hands the next record to `body`; false at the archive's end.
    ///
    /// - Throws: `ArchiveError` where the archive is damaged, after all whole records before.
    package mutating func next(
        _ body: (RawSpan, OTLPEncoding) -> Void
    ) throws(ArchiveError) -> Bool {
        if framing == .undecided { try decideFraming() }
        guard let record = try framing == .jsonLines ? nextLine() : nextMessage() else { return false }
        recordCount += 1
        let encoding: OTLPEncoding = framing == .jsonLines ? .json : .protobuf
        unsafe body(buffer.span.bytes.extracting(record), encoding)
        return true
    }

    /// The offset of the next record among the uncompressed bytes.
    package var offset: Int { consumed + start }

    private mutating func decideFraming() throws(ArchiveError) {
        try fill(1)
        var offset = start
        while offset < end, [0x20, 0x09, 0x0A, 0x0D].contains(buffer[offset]) { offset += 1 }
        framing = offset < end && buffer[offset] == UInt8(ascii: "{") ? .jsonLines : .lengthDelimited
    }

    private mutating func nextMessage() throws(ArchiveError) -> Range<Int>? {
        try fill(4)
        guard end > start else { return nil }
        guard end - start >= 4 else { throw damage("the last record's length is cut off") }
        var length = 0
        for index in start..<start + 4 { length = length << 8 | Int(buffer[index]) }
        guard length <= Self.recordBytesMax else {
            let problem = "a record of \(length) bytes is larger than \(Self.recordBytesMax)"
            guard recordCount > 0 else {
                throw ArchiveError(.unreadable, source.name, "is no span archive: \(problem)")
            }
            throw damage(problem)
        }
        try fill(4 + length)
        guard end - start >= 4 + length else {
            // What begins as no export request does was never one: it begins with the tag of `resource_spans`.
            guard recordCount > 0 || end - start < 5 || buffer[start + 4] == 0x0A else {
                throw ArchiveError(.unreadable, source.name, "is no span archive: it begins as none does")
            }
            throw damage("the last record is cut off")
        }
        let record = start + 4..<start + 4 + length
        start += 4 + length
        return record
    }

    private mutating func nextLine() throws(ArchiveError) -> Range<Int>? {
        var searched = 0
        while true {
            if let newline = buffer[start + searched..<end].firstIndex(of: 0x0A) {
                let line = start..<newline
                start = newline + 1
                if !Self.isBlank(buffer[line]) { return line }
                searched = 0
                continue
            }
            searched = end - start
            guard searched <= Self.recordBytesMax else {
                throw damage("a line is longer than \(Self.recordBytesMax) bytes")
            }
            try fill(searched + 1)
            guard end - start == searched else { continue }
            // The end, without a newline.
            let line = start..<end
            start = end
            return Self.isBlank(buffer[line]) ? nil : line
        }
    }

    private static func isBlank(_ line: ArraySlice<UInt8>) -> Bool {
        line.allSatisfy { $0 == 0x20 || $0 == 0x0D || $0 == 0x09 }
    }

    private func damage(_ problem: String) -> ArchiveError {
        ArchiveError(.damaged, source.name, "\(problem), at byte \(offset) of the uncompressed archive")
    }

    /// Reads on until `count` bytes that were not handed out are in the buffer, or the archive has ended.
    private mutating func fill(_ count: Int) throws(ArchiveError) {
        guard end - start < count else { return }
        while end - start < count, !isAtEnd {
            makeRoom(for: count)
            let before = end
            if lz4 != nil {
                end = try lz4?.read(from: &source, into: &buffer, at: end) ?? end
            } else {
                try source.fill(1)
                let taken = min(source.available, buffer.count - end)
                let first = source.position
                buffer.replaceSubrange(end..<end + taken, with: source.buffer[first..<first + taken])
                source.advance(taken)
                end += taken
            }
            isAtEnd = end == before
        }
    }

    private mutating func makeRoom(for count: Int) {
        // What is left of the last chunk is less than a record.
        let left = end - start
        let wanted = max(count, left + Self.chunk)
        if buffer.count < wanted {
            var larger = [UInt8](repeating: 0, count: wanted)
            larger.replaceSubrange(0..<left, with: buffer[start..<end])
            buffer = larger
        } else if start > 0 {
            buffer.replaceSubrange(0..<left, with: buffer[start..<end])
        }
        consumed += start
        start = 0
        end = left
    }
}
