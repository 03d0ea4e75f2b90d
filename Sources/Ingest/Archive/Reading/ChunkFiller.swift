/// Reads an archive's file and fills chunks with its uncompressed bytes.
struct ChunkFiller: ~Copyable {
    private var source: ByteSource
    private var lz4: LZ4Stream?
    private var gzip: GzipStream?
    private let isSalvaging: Bool
    /// Damage behind the last chunk, to be passed over.
    private var damage: ArchiveError?

    /// The start note, and what damage may have put in front of the next.
    private static let searchedBytes = 64 << 10

    /// The file's size in bytes; nil for a pipe.
    let size: Int?
    /// Whether only a part of the file is read, which its index names.
    private(set) var isPart = false

    /// Opens a file; `-` is standard input. Whether it is compressed is found by its first bytes.
    init(_ name: String, _ options: ArchiveOptions = ArchiveOptions()) throws(ArchiveError) {
        var source = try ByteSource(name, path: options.spooled?.path)
        _ = try source.fill(4)
        guard source.available > 0 else { throw ArchiveError(.unreadable, name, "is empty") }
        if LZ4Stream.begins(source) {
            var extents: [Range<Int>]?
            if let spanEnds = options.spanEnds, let size = source.size,
                let index = ArchiveIndex(path: options.spooled?.path ?? name)
            {
                extents = index.extents(endingIn: spanEnds, size: size)
                isPart = true
            }
            lz4 = LZ4Stream(extents: extents, spanEnds: options.spanEnds)
        } else if options.isSalvaging, try Self.hasNote(&source) {
            var beginning = ArchiveError(.damaged, name, "what begins the file is no lz4 frame")
            beginning.lostFrom = 0
            damage = beginning
            lz4 = LZ4Stream(spanEnds: options.spanEnds)
        } else if GzipStream.begins(source) {
            gzip = GzipStream()
        }
        size = source.size
        isSalvaging = options.isSalvaging
        self.source = source
    }

    /// Whether a file with an unknown start is a recording whose first bytes are damaged: a note is close by.
    private static func hasNote(_ source: inout ByteSource) throws(ArchiveError) -> Bool {
        _ = try source.fill(searchedBytes)
        let start = source.next(min(source.available, searchedBytes))
        let first = UInt8(truncatingIfNeeded: SkippableFrame.magic)
        var offset = 0
        while let found = start.firstOffset(of: first, from: offset + 1) {
            offset = found
            guard found + SkippableFrame.frameHeaderByteCount + SkippableFrame.tag.count <= start.byteCount else {
                break
            }
            let tag = start.extracting((found + SkippableFrame.frameHeaderByteCount)...)
            if start.littleEndianWord(found) == SkippableFrame.magic,
                SkippableFrame.tag.indices.allSatisfy({ tag.byte($0) == SkippableFrame.tag[$0] })
            {
                return true
            }
        }
        return false
    }

    /// Fills an empty chunk as far as the archive goes, or up to its damage.
    mutating func fill(_ chunk: inout Chunk) {
        do throws(ArchiveError) {
            if let damage = damage.take() { chunk.loss = try passOver(damage) }
            chunk.ending = try read(into: &chunk) ? nil : .end
        } catch {
            if isSalvaging, lz4 != nil, error.lostFrom != nil {
                damage = error
            } else {
                chunk.ending = .failure(error)
            }
        }
        chunk.fileOffset = source.offset
    }

    private mutating func read(into chunk: inout Chunk) throws(ArchiveError) -> Bool {
        if let hasMore = try lz4?.read(from: &source, into: &chunk) { return hasMore }
        if let hasMore = try gzip?.read(from: &source, into: &chunk) { return hasMore }
        return try source.move(to: &chunk)
    }

    /// Goes on at the next frame that begins behind the one that is damaged: lengths within it can't be trusted.
    private mutating func passOver(_ damage: ArchiveError) throws(ArchiveError) -> ArchiveLoss {
        let start = damage.lostFrom ?? source.offset
        if source.size != nil {
            try source.seek(to: start + 1)
        } else if source.offset <= start {
            _ = try source.skip(1)
        }
        while try !LZ4Stream.beginsSoundly(&source) {
            guard try source.fill(1) else { break }
            let skipped = source.next(source.available).firstOffset(of: LZ4Stream.secondLastOfMagic, from: 1)
            // Every magic number has this byte as its third.
            source.advance(max(1, (skipped ?? source.available) - 2))
        }
        lz4?.resume()
        return ArchiveLoss(error: damage, range: start..<max(start, source.offset))
    }
}

// Finding the next frame behind damage.
extension LZ4Stream {
    /// The third byte of all magic numbers.
    static let secondLastOfMagic: UInt8 = 0x4D

    /// Whether the next bytes of a source begin a frame whose header is whole, or a recording's note.
    static func beginsSoundly(_ source: inout ByteSource) throws(ArchiveError) -> Bool {
        guard try source.fill(7), begins(source) else { return false }
        if source.next(4).littleEndianWord(0) == SkippableFrame.magic {
            guard try source.fill(SkippableFrame.frameHeaderByteCount + SkippableFrame.prefixByteCount) else {
                return false
            }
            let prefix = source.next(SkippableFrame.frameHeaderByteCount + SkippableFrame.prefixByteCount)
            return SkippableFrame.kind(prefix.extracting(SkippableFrame.frameHeaderByteCount...)) != nil
        }
        guard source.next(4).littleEndianWord(0) == magic else { return false }
        let flags = source.next(5).byte(4)
        let length = 4 + LZ4FrameHeader.length(flags: flags)
        guard try source.fill(length) else { return false }
        do throws(LZ4Error) {
            _ = try LZ4FrameHeader(source.next(length).extracting(4...))
            return true
        } catch {
            return false
        }
    }
}
