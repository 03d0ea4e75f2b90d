internal import CLZ4

/// A run of an archive's uncompressed bytes, on its way from where it is decompressed to where its records are taken; an
/// empty one is filled again.
struct Chunk: ~Copyable, Sendable {
    /// Why nothing follows.
    enum Ending: Sendable {
        case end
        case failure(ArchiveError)
    }

    private var storage = ByteStorage(minimum: start + capacity)
    private(set) var count = 0
    /// nil while more chunks follow.
    var ending: Ending?
    /// How far the archive is read, in bytes of its file.
    var fileOffset = 0
    /// What a recording says about the bytes from an offset on.
    private(set) var notes: [(offset: Int, note: SkippableFrame)] = []
    /// What was passed over in front of the bytes, as it was damaged.
    var loss: ArchiveLoss?

    /// A whole block of the largest size that lz4 frames have.
    static let capacity = 4 << 20
    /// How far back in its frame a block may refer: into what stands in front of a chunk's own bytes.
    static let historyMax = 64 << 10
    /// Where its own bytes start: on a huge page of their own, so that they don't begin a third one for their last few.
    private static let start = ByteStorage.hugePage

    var room: Int { Self.capacity - count }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get { storage.bytes(Self.start..<Self.start + count) }
    }

    mutating func removeAll() {
        count = 0
        ending = nil
        notes.removeAll(keepingCapacity: true)
        loss = nil
    }

    /// Forgets the bytes from an offset on, and all but the first notes.
    mutating func truncate(to count: Int, notes noteCount: Int) {
        precondition(count <= self.count)
        self.count = count
        notes.removeLast(notes.count - noteCount)
    }

    /// Adds a note about the bytes that follow.
    mutating func append(_ note: SkippableFrame) {
        notes.append((count, note))
    }

    mutating func append(_ source: RawSpan) {
        storage.copy(source, to: Self.start + count)
        count += source.byteCount
    }

    /// Lends all its room to a body that says how much of it was written.
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

    /// The last bytes up to the chunk's end, those in front of its own bytes included.
    func history(_ length: Int) -> [UInt8] {
        precondition(length <= Self.historyMax)
        let end = Self.start + count
        return unsafe storage.bytes(end - length..<end).withUnsafeBytes { unsafe Array($0) }
    }

    /// Puts what was in the chunk before in front of this one's own bytes.
    mutating func putHistory(_ history: RawSpan) {
        storage.copy(history, to: Self.start - history.byteCount)
    }
}

extension Chunk {
    /// Appends what a block decompresses to.
    ///
    /// - Parameter reach: how many of the bytes before it may be referred to.
    /// - Returns: false for a block that is damaged, or larger than `max`.
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
