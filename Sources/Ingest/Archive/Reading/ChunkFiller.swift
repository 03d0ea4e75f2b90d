/// Reads an archive's file and fills chunks with uncompressed bytes.
struct ChunkFiller: ~Copyable {
    private var source: ByteSource
    private var lz4: LZ4Stream?
    private var gzip: GzipStream?
    private let isSalvaging: Bool
    /// Damage after the last chunk, to be skipped next.
    private var damage: ArchiveError?

    /// Enough for the start of a recording and for damage before the next skippable frame.
    private static let searchedBytes = 64 << 10

    /// In bytes; nil for a pipe.
    let size: Int?
    /// Whether only a part of the file is read, according to its index.
    private(set) var isPart = false

    /// Opens a file; `-` is standard input. The first bytes tell whether it is compressed.
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
            var beginning = ArchiveError(.damaged, name, "the file does not start with an lz4 frame")
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

    /// Whether an unrecognisable file is a recording with a damaged start, because a skippable frame follows nearby.
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

    /// Fills an empty chunk as far as possible: up to its capacity, to the end of the archive or to damage.
    mutating func fill(_ chunk: inout Chunk) {
        do throws(ArchiveError) {
            if let damage = damage.take() { chunk.loss = try skip(damage) }
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

    /// Continues at the next frame that starts after the start of the damaged one: its lengths can't be trusted.
    private mutating func skip(_ damage: ArchiveError) throws(ArchiveError) -> ArchiveLoss {
        let start = damage.lostFrom ?? source.offset
        if source.size != nil {
            try source.seek(to: start + 1)
        } else if source.offset <= start {
            _ = try source.skip(1)
        }
        while try !LZ4Stream.beginsSoundly(&source) {
            guard try source.fill(1) else { break }
            let skipped = source.next(source.available).firstOffset(of: LZ4Stream.secondLastOfMagic, from: 1)
            // It is the third byte of every magic number.
            source.advance(max(1, (skipped ?? source.available) - 2))
        }
        lz4?.resume()
        return ArchiveLoss(error: damage, range: start..<max(start, source.offset))
    }
}

extension LZ4Stream {
    /// The third byte of every magic number.
    static let secondLastOfMagic: UInt8 = 0x4D

    /// Whether a frame with an intact header, or a recording's skippable frame, starts at the source's next byte.
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
