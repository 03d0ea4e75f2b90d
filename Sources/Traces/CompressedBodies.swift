internal import CLZ4

/// The bodies of a chunk, compressed in blocks of a few bodies each, so that reading one of them doesn't decompress
/// all.
struct CompressedBodies: Sendable {
    private struct Block: Sendable {
        /// In the chunk.
        let range: Range<Int>
        let bytes: [UInt8]
    }

    private let blocks: [Block]
    let byteCount: Int

    /// How well; better takes three times as long.
    enum Effort {
        case fast
        case better
    }

    /// Smaller bodies share a block: what is alike in them is then stored once.
    private static let blockBytes = 1 << 18
    /// The lowest of liblz4's levels that looks for longer matches.
    private static let betterLevel = LZ4HC_CLEVEL_MIN
    /// With the header of an array and its allocation.
    private static let overhead = 64

    /// - Parameter ranges: of the bodies, one after the other.
    init(_ chunk: BodyChunk, _ ranges: [Range<Int>], _ effort: Effort) {
        var blocks: [Block] = []
        var start = ranges.first?.lowerBound ?? 0
        var room: [UInt8] = []
        for range in ranges where range.upperBound - start >= Self.blockBytes || range == ranges.last {
            let whole = start..<range.upperBound
            blocks.append(Block(range: whole, bytes: chunk.withBytes(whole) { Self.compressed($0, effort, &room) }))
            start = range.upperBound
        }
        self.blocks = blocks
        byteCount = blocks.reduce(0) { $0 + $1.bytes.count + Self.overhead }
    }

    private static func compressed(_ contents: RawSpan, _ effort: Effort, _ room: inout [UInt8]) -> [UInt8] {
        let most = Int(LZ4_compressBound(Int32(contents.byteCount)))
        if room.count < most { room = Array(repeating: 0, count: most) }
        let count = unsafe room.withUnsafeMutableBytes { target in
            unsafe contents.withUnsafeBytes { source in
                let (size, most) = (Int32(source.count), Int32(target.count))
                return switch effort {
                case .fast:
                    unsafe Int(LZ4_compress_default(source.baseAddress, target.baseAddress, size, most))
                case .better:
                    unsafe Int(
                        LZ4_compress_HC(source.baseAddress, target.baseAddress, size, most, Int32(betterLevel)))
                }
            }
        }
        return Array(room[..<count])
    }

    /// - Parameter range: of a body, in the chunk.
    func withBytes<Result>(_ range: Range<Int>, _ body: (RawSpan) throws -> Result) rethrows -> Result {
        let index = (0..<blocks.count).first { blocks[$0].range.upperBound >= range.upperBound } ?? 0
        let block = blocks[index]
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: block.range.count) { target, count in
            unsafe block.bytes.withUnsafeBytes { source in
                unsafe count = Int(
                    LZ4_decompress_safe(
                        source.baseAddress, target.baseAddress, Int32(source.count), Int32(target.count)))
            }
        }
        precondition(bytes.count == block.range.count, "what was compressed here can be decompressed")
        let start = range.lowerBound - block.range.lowerBound
        return try unsafe body(bytes.span.bytes.extracting(start..<start + range.count))
    }
}
