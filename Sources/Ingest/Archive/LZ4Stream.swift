internal import CLZ4

/// Decompresses lz4 frames one after the other, block by block, checksums verified, skippable frames passed over.
///
/// The library's own reader of frames copies more, and its checksum takes three quarters of the time.
/// Source: "LZ4 Frame Format Description" 1.6.
struct LZ4Stream {
    private struct Frame {
        let header: LZ4FrameHeader
        var checksum = XXH32()
        /// Uncompressed bytes so far.
        var length: UInt64 = 0

        /// How far back its next block may refer.
        var reach: Int { header.isLinked ? Int(min(length, UInt64(Chunk.historyMax))) : 0 }
    }

    /// A block's size and kind, in front of its bytes.
    private struct BlockHeader {
        static let byteCount = 4
        let size: Int
        let isStored: Bool

        init(_ word: UInt32) {
            size = Int(word & 0x7FFF_FFFF)
            isStored = word >> 31 == 1
        }

        /// No more than this comes of it: a byte of a compressed block adds at most 255 to a length.
        func uncompressedMax(_ header: LZ4FrameHeader) -> Int {
            isStored ? size : min(header.blockSizeMax, 255 * size)
        }
    }

    /// The frame that is being read; nil between two.
    private var frame: Frame?
    /// What blocks of the frame may still refer to of the chunk before.
    private var history: [UInt8] = []

    private static let magic: UInt32 = 0x184D_2204
    private static let skippableMagics: ClosedRange<UInt32> = 0x184D_2A50...0x184D_2A5F

    /// Whether the next bytes of a source begin a frame.
    static func begins(_ source: borrowing ByteSource) -> Bool {
        guard source.available >= 4 else { return false }
        let word = source.next(4).littleEndianWord(0)
        return word == magic || skippableMagics.contains(word)
    }

    /// Decompresses whole blocks into a chunk for as long as the next one fits.
    ///
    /// - Returns: false at the source's end.
    mutating func read(from source: inout ByteSource, into chunk: inout Chunk) throws(ArchiveError) -> Bool {
        unsafe chunk.putHistory(history.span.bytes)
        while true {
            if frame == nil { frame = try beginFrame(&source) }
            guard var frame else { return false }
            try require(BlockHeader.byteCount, of: &source)
            let word = source.next(BlockHeader.byteCount).littleEndianWord(0)
            if word == 0 {
                try end(frame, &source)
                self.frame = nil
                continue
            }
            let block = BlockHeader(word)
            guard block.size <= frame.header.blockSizeMax else { throw failure(source, .blockSize) }
            guard chunk.room >= block.uncompressedMax(frame.header) else {
                history = chunk.history(frame.reach)
                return true
            }
            try read(block, of: &frame, from: &source, into: &chunk)
            self.frame = frame
        }
    }

    private func read(
        _ block: BlockHeader, of frame: inout Frame, from source: inout ByteSource, into chunk: inout Chunk
    ) throws(ArchiveError) {
        let data = BlockHeader.byteCount..<BlockHeader.byteCount + block.size
        let whole = data.upperBound + (frame.header.hasBlockChecksums ? 4 : 0)
        guard try source.fill(whole) else {
            // What is there of stored bytes is as good as whole.
            if block.isStored {
                let stored = source.next(min(source.available, data.upperBound))
                chunk.append(stored.extracting(data.lowerBound...))
            }
            throw cut(source)
        }
        do throws(LZ4Fault) {
            try decode(source.next(whole), data, block, of: &frame, into: &chunk)
        } catch {
            throw failure(source, error)
        }
        source.advance(whole)
    }

    /// - Parameter data: where the block's data is among its bytes.
    private func decode(
        _ bytes: RawSpan, _ data: Range<Int>, _ block: BlockHeader, of frame: inout Frame, into chunk: inout Chunk
    ) throws(LZ4Fault) {
        let header = frame.header
        let stored = bytes.extracting(data)
        if header.hasBlockChecksums, XXH32.hash(stored) != bytes.littleEndianWord(data.upperBound) {
            throw .blockChecksum
        }
        let before = chunk.count
        if block.isStored {
            chunk.append(stored)
        } else if !chunk.appendBlock(stored, max: header.blockSizeMax, reach: frame.reach) {
            throw .block
        }
        let taken = chunk.bytes.extracting(before...)
        frame.length += UInt64(taken.byteCount)
        if header.hasContentChecksum { frame.checksum.update(taken) }
    }

    /// Passes over a frame's magic number and header, and skippable frames before it; nil at the source's end.
    private func beginFrame(_ source: inout ByteSource) throws(ArchiveError) -> Frame? {
        while try source.fill(1) {
            guard try source.fill(4), Self.begins(source) else {
                throw failure(source, "what follows is no lz4 frame")
            }
            if source.next(4).littleEndianWord(0) == Self.magic { return try readHeader(&source) }
            try skipFrame(&source)
        }
        return nil
    }

    private func readHeader(_ source: inout ByteSource) throws(ArchiveError) -> Frame {
        try require(5, of: &source)
        let flags = source.next(5).byte(4)
        if LZ4FrameHeader.needsDictionary(flags: flags) {
            throw failure(source, "the lz4 frame needs a dictionary, which is not supported")
        }
        let length = 4 + LZ4FrameHeader.length(flags: flags)
        try require(length, of: &source)
        do throws(LZ4Fault) {
            let header = try LZ4FrameHeader(source.next(length).extracting(4...))
            source.advance(length)
            return Frame(header: header)
        } catch {
            throw failure(source, error)
        }
    }

    private func skipFrame(_ source: inout ByteSource) throws(ArchiveError) {
        try require(8, of: &source)
        var left = Int(source.next(8).littleEndianWord(4))
        source.advance(8)
        while left > 0 {
            try require(1, of: &source)
            let skipped = min(left, source.available)
            source.advance(skipped)
            left -= skipped
        }
    }

    private func end(_ frame: Frame, _ source: inout ByteSource) throws(ArchiveError) {
        if let size = frame.header.contentSize, size != frame.length { throw failure(source, .contentSize) }
        let length = BlockHeader.byteCount + (frame.header.hasContentChecksum ? 4 : 0)
        try require(length, of: &source)
        if frame.header.hasContentChecksum,
            source.next(length).littleEndianWord(BlockHeader.byteCount) != frame.checksum.value
        {
            throw failure(source, .contentChecksum)
        }
        source.advance(length)
    }

    // MARK: Failures

    private func require(_ count: Int, of source: inout ByteSource) throws(ArchiveError) {
        guard try source.fill(count) else { throw cut(source) }
    }

    private func cut(_ source: borrowing ByteSource) -> ArchiveError {
        failure(source.name, source.offset + source.available, "the lz4 frame is cut off")
    }

    private func failure(_ source: borrowing ByteSource, _ fault: LZ4Fault) -> ArchiveError {
        failure(source.name, source.offset, "lz4: \(fault.rawValue)")
    }

    private func failure(_ source: borrowing ByteSource, _ problem: String) -> ArchiveError {
        failure(source.name, source.offset, problem)
    }

    private func failure(_ name: String, _ offset: Int, _ problem: String) -> ArchiveError {
        ArchiveError(.damaged, name, "\(problem), at byte \(offset) of the file")
    }
}

extension Chunk {
    /// Appends what a block decompresses to.
    ///
    /// - Parameter reach: how many of the bytes before it may be referred to.
    /// - Returns: false for a block that is damaged, or larger than `max`.
    fileprivate mutating func appendBlock(_ block: RawSpan, max: Int, reach: Int) -> Bool {
        precondition(reach <= count + Self.historyMax)
        var isWhole = false
        _ = unsafe append { room in
            guard let target = room.baseAddress else { return 0 }
            let size = unsafe block.withUnsafeBytes { source in
                unsafe LZ4_decompress_safe_usingDict(
                    source.baseAddress, target, Int32(source.count), Int32(min(room.count, max)),
                    target - reach, Int32(reach))
            }
            isWhole = size >= 0
            return Swift.max(Int(size), 0)
        }
        return isWhole
    }
}
