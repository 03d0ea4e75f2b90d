/// The chunks of an archive, one at a time: read ahead by a thread, or in place where that wouldn't be worth one.
struct ChunkSequence: ~Copyable {
    private var filler: ChunkFiller?
    private let readAhead: ReadAhead?
    private var chunk = Chunk()
    let fileSize: Int?
    /// Uncompressed bytes of the chunks before the current one.
    private(set) var consumed = 0

    /// To read and decompress so much takes no longer than to start a thread and to be woken by it.
    private static let inPlaceMax = 64 << 10

    init(_ name: String) throws(ArchiveError) {
        let filler = try ChunkFiller(name)
        fileSize = filler.size
        if let size = filler.size, size <= Self.inPlaceMax {
            self.filler = consume filler
            readAhead = nil
        } else {
            readAhead = ReadAhead(filler)
        }
    }

    deinit {
        readAhead?.stop()
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
            if let readAhead {
                readAhead.exchange(&chunk)
            } else {
                chunk.removeAll()
                filler?.fill(&chunk)
            }
        } while chunk.count == 0
        return true
    }
}
