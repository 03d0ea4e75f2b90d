internal import CLZ4

/// Uncompressed bytes of an archive, on their way from decompression to the reader of records. Chunks are reused.
struct Chunk: ~Copyable, Sendable {
    /// Why no chunk follows.
    enum Ending: Sendable {
        case end
        case failure(ArchiveError)
    }

    private var storage = ByteStorage(minimum: start + capacity)
    private(set) var count = 0
    /// nil if more chunks follow.
    var ending: Ending?
    /// Bytes of the file read so far.
    var fileOffset = 0
    /// A recording's skippable frames, each with the offset of the bytes that it describes.
    private(set) var skippables: [(offset: Int, skippable: SkippableFrame)] = []
    /// Damage that was skipped before these bytes.
    var loss: ArchiveLoss?

    /// The largest lz4 block.
    static let capacity = 4 << 20
    /// How far back a block may refer within its frame: into the bytes stored before the chunk's own.
    static let historyMax = 64 << 10
    /// Where the chunk's own bytes start: on a huge page, so that their end doesn't touch a third one.
    private static let start = ByteStorage.hugePage

    var room: Int { Self.capacity - count }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { storage.bytes(Self.start..<Self.start + count) }
    }

    mutating func removeAll() {
        count = 0
        ending = nil
        skippables.removeAll(keepingCapacity: true)
        loss = nil
    }

    /// Drops the bytes from an offset on, and all skippable frames but the first `skippableCount`.
    mutating func truncate(to count: Int, skippables skippableCount: Int) {
        precondition(count <= self.count)
        self.count = count
        skippables.removeLast(skippables.count - skippableCount)
    }

    /// Adds a skippable frame about the bytes that follow.
    mutating func append(_ skippable: SkippableFrame) {
        skippables.append((count, skippable))
    }

    mutating func append(_ source: RawSpan) {
        storage.copy(source, to: Self.start + count)
        count += source.byteCount
    }

    /// Lends all free room to `body`, which returns how much of it was written.
    mutating func append<Failure>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> Int {
        let end = Self.start + count
        let written = unsafe try storage.write(end..<Self.start + Self.capacity, body)
        precondition(written <= room)
        count += written
        return written
    }

    // MARK: History

    /// The last bytes of the chunk, including those before its own.
    func history(_ length: Int) -> [UInt8] {
        precondition(length <= Self.historyMax)
        let end = Self.start + count
        return unsafe storage.bytes(end - length..<end).withUnsafeBytes { unsafe Array($0) }
    }

    /// Stores the end of the previous chunk before this one's own bytes.
    mutating func putHistory(_ history: RawSpan) {
        storage.copy(history, to: Self.start - history.byteCount)
    }
}

extension Chunk {
    /// Decompresses an lz4 block.
    ///
    /// - Parameter reach: how many of the preceding bytes the block may refer to.
    /// - Returns: false if the block is damaged or decompresses to more than `max`.
    mutating func appendBlock(_ block: RawSpan, max: Int, reach: Int) -> Bool {
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
