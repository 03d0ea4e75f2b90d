internal import CLZ4

/// The frame header after the magic number.
///
/// Source: "LZ4 Frame Format Description" 1.6.
struct LZ4FrameHeader {
    /// Maximum uncompressed size of a block, bytes.
    let blockSizeMax: Int
    /// Whether blocks refer to the 64 KiB before them.
    let isLinked: Bool
    let hasBlockChecksums: Bool
    let hasContentChecksum: Bool
    /// In uncompressed bytes; nil if unknown.
    let contentSize: UInt64?

    /// Size of the header: flags, block size, optional content size, checksum.
    static func length(flags: UInt8) -> Int { 3 + (flags & Flag.contentSize != 0 ? 8 : 0) }

    /// Whether the frame needs a dictionary, which we don't have.
    static func needsDictionary(flags: UInt8) -> Bool { flags & Flag.dictionary != 0 }

    private enum Flag {
        static let dictionary: UInt8 = 0x01
        static let reserved: UInt8 = 0x02
        static let contentChecksum: UInt8 = 0x04
        static let contentSize: UInt8 = 0x08
        static let blockChecksums: UInt8 = 0x10
        static let independentBlocks: UInt8 = 0x20
        static let version: UInt8 = 0xC0
    }

    /// - Parameter bytes: `length(flags:)` bytes.
    init(_ bytes: RawSpan) throws(LZ4Error) {
        let flags = bytes.byte(0)
        let sizes = bytes.byte(1)
        guard flags & Flag.reserved == 0 else { throw .reservedFlag }
        guard flags & Flag.version == 0x40 else { throw .headerVersion }
        guard sizes & 0x80 == 0 else { throw .reservedFlag }
        guard sizes >> 4 >= 4 else { throw .blockSize }
        guard sizes & 0x0F == 0 else { throw .reservedFlag }
        let last = bytes.byteCount - 1
        guard XXH32.hash(bytes.extracting(0..<last)) >> 8 & 0xFF == UInt32(bytes.byte(last)) else {
            throw .headerChecksum
        }
        blockSizeMax = 1 << (8 + 2 * Int(sizes >> 4))
        isLinked = flags & Flag.independentBlocks == 0
        hasBlockChecksums = flags & Flag.blockChecksums != 0
        hasContentChecksum = flags & Flag.contentChecksum != 0
        let size = (2..<last).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(bytes.byte($1)) }
        // liblz4 writes 0 if it doesn't know the size.
        contentSize = size == 0 ? nil : size
    }
}

/// Errors in a frame, with liblz4's names.
enum LZ4Error: String, Error {
    case headerVersion = "headerVersion_wrong"
    case headerChecksum = "headerChecksum_invalid"
    case reservedFlag = "reservedFlag_set"
    case blockSize = "maxBlockSize_invalid"
    case blockChecksum = "blockChecksum_invalid"
    case block = "decompressionFailed"
    case contentSize = "frameSize_wrong"
    case contentChecksum = "contentChecksum_invalid"
}

// State of a frame, and headers of its blocks.
extension LZ4Stream {
    struct Frame {
        let header: LZ4FrameHeader
        var checksum = XXH32()
        /// Uncompressed bytes so far.
        var length: UInt64 = 0
        /// Whether its position in a chunk is fixed.
        var isStarted = false
        /// Where its bytes start in the chunk, and how many skippable frames precede its own.
        var start = 0
        var skippableCount = 0

        /// Whether to hold back all of it until its checksums are verified, because it fits into a chunk.
        var isHeldBack: Bool { header.contentSize.map { $0 <= Chunk.capacity } ?? false }

        /// Maximum number of bytes still to come.
        var remaining: Int {
            guard isHeldBack, let size = header.contentSize else { return .max }
            return size > length ? Int(size - length) : 0
        }

        /// How far back its next block may refer.
        var reach: Int { header.isLinked ? Int(min(length, UInt64(Chunk.historyMax))) : 0 }
    }

    /// The size and kind of a block, stored before its data.
    struct BlockHeader {
        static let byteCount = 4
        let size: Int
        let isStored: Bool

        init(_ word: UInt32) {
            size = Int(word & 0x7FFF_FFFF)
            isStored = word >> 31 == 1
        }

        /// Upper bound of the uncompressed size: each byte of a compressed block adds at most 255 bytes to a length.
        func uncompressedMax(_ header: LZ4FrameHeader) -> Int {
            isStored ? size : min(header.blockSizeMax, 255 * size)
        }
    }
}

/// Writes complete lz4 frames: independent blocks of up to 4 MiB with block checksums, content checksum and content
/// size.
///
/// liblz4's own frame writer computes the checksum at a sixth of the speed of `XXH32`. Source: "LZ4 Frame Format
/// Description" 1.6.
enum LZ4FrameWriter {
    static let blockSizeMax = 4 << 20
    /// Version 1, independent blocks, block checksums, content size, content checksum; blocks of 4 MiB.
    private static let flags: [UInt8] = [0x7C, 0x70]

    /// Appends a frame with these contents.
    static func append(_ contents: RawSpan, to bytes: inout [UInt8]) {
        var header = LittleEndianBytes()
        header.bytes = flags
        header.append(UInt64(contents.byteCount))
        let check = unsafe UInt8(truncatingIfNeeded: XXH32.hash(header.bytes.span.bytes) >> 8)
        var start = LittleEndianBytes()
        start.append(LZ4Stream.magic)
        bytes += start.bytes + header.bytes + [check]
        for offset in stride(from: 0, to: contents.byteCount, by: blockSizeMax) {
            appendBlock(contents.extracting(offset..<min(offset + blockSizeMax, contents.byteCount)), to: &bytes)
        }
        append(UInt32(0), to: &bytes)
        append(XXH32.hash(contents), to: &bytes)
    }

    private static func appendBlock(_ block: RawSpan, to bytes: inout [UInt8]) {
        let room = Int(LZ4_compressBound(Int32(block.byteCount)))
        let start = bytes.count
        append(UInt32(0), to: &bytes)
        let size = unsafe bytes.append(room: room) { target in
            unsafe block.withUnsafeBytes { source in
                unsafe Int(
                    LZ4_compress_default(
                        source.baseAddress, target.baseAddress, Int32(source.count), Int32(target.count)))
            }
        }
        var word = UInt32(size)
        if size == 0 || size >= block.byteCount {
            bytes.removeLast(size)
            bytes += block.array
            word = UInt32(block.byteCount) | 1 << 31
        }
        for shift in 0..<4 { bytes[start + shift] = UInt8(truncatingIfNeeded: word >> (8 * UInt32(shift))) }
        append(unsafe XXH32.hash(bytes.span.bytes.extracting((start + 4)...)), to: &bytes)
    }

    private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt32(0), to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
}

extension [UInt8] {
    /// Lends room after the bytes to `body`, which returns how much of it was written.
    fileprivate mutating func append(room: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Int) -> Int {
        let before = count
        append(addingCapacity: room) { output in
            unsafe output.withUnsafeMutableBufferPointer { buffer, written in unsafe written = body(buffer) }
        }
        return count - before
    }
}
