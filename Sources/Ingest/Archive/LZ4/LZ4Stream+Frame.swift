// What is known of a frame, and of its blocks, while they are read.
extension LZ4Stream {
    /// A frame that is being read.
    struct Frame {
        let header: LZ4FrameHeader
        var checksum = XXH32()
        /// Uncompressed bytes so far.
        var length: UInt64 = 0
        /// Whether it has its place in a chunk.
        var isStarted = false
        /// Where in the chunk its bytes start, and how many notes are before its own.
        var start = 0
        var noteCount = 0

        /// Whether nothing of it is handed on before all of it is verified: it fits into a chunk.
        var isHeldBack: Bool { header.contentSize.map { $0 <= Chunk.capacity } ?? false }

        /// The most that may still come of it.
        var remaining: Int {
            guard isHeldBack, let size = header.contentSize else { return .max }
            return size > length ? Int(size - length) : 0
        }

        /// How far back its next block may refer.
        var reach: Int { header.isLinked ? Int(min(length, UInt64(Chunk.historyMax))) : 0 }
    }

    /// A block's size and kind, in front of its bytes.
    struct BlockHeader {
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
}
