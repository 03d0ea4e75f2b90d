/// The chunks of an archive, one at a time.
struct ChunkSequence: ~Copyable {
    private var filler: ChunkFiller
    private var chunk = Chunk()
    let fileSize: Int?
    /// Uncompressed bytes of the chunks before the current one.
    private(set) var consumed = 0

    init(_ name: String) throws(ArchiveError) {
        filler = try ChunkFiller(name)
        fileSize = filler.size
    }

    /// The bytes of the current chunk; none before the first.
    var current: RawSpan {
        @_lifetime(borrow self)
        get { chunk.bytes }
    }

    /// How far the file is read to the end of the current chunk.
    var fileOffset: Int { chunk.fileOffset }

    /// Goes on to the next chunk; false at the archive's end.
    mutating func next() throws(ArchiveError) -> Bool {
        repeat {
            switch chunk.ending {
            case .end: return false
            case .failure(let error): throw error
            case nil: break
            }
            consumed += chunk.count
            chunk.removeAll()
            filler.fill(&chunk)
        } while chunk.count == 0
        return true
    }
}
