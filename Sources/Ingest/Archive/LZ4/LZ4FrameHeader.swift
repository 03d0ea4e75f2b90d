/// What a frame says about itself behind its magic number.
///
/// Source: "LZ4 Frame Format Description" 1.6.
struct LZ4FrameHeader {
    /// The most uncompressed bytes of a block.
    let blockSizeMax: Int
    /// Whether blocks refer to the 64 KiB before them.
    let isLinked: Bool
    let hasBlockChecksums: Bool
    let hasContentChecksum: Bool
    /// Uncompressed bytes; nil where it isn't told.
    let contentSize: UInt64?

    /// Flags, block sizes and a checksum over both and what is between.
    static func length(flags: UInt8) -> Int { 3 + (flags & Flag.contentSize != 0 ? 8 : 0) }

    /// Frames refer to a dictionary that nobody has.
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

    /// - Parameter bytes: `length(flags:)` of them.
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
        // The library writes 0 where it doesn't know.
        contentSize = size == 0 ? nil : size
    }
}

/// What can be wrong with a frame, as liblz4 calls it.
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
