import Foundation

/// The chunks of an archive, one at a time. A thread reads ahead, unless the file is too small to be worth one.
struct ChunkSequence: ~Copyable {
    private var filler: ChunkFiller?
    private let readAhead: ReadAhead?
    private var chunk = Chunk()
    let fileSize: Int?
    /// Whether only a part of the file is read, according to its index.
    let isPart: Bool
    /// Uncompressed bytes before the current chunk.
    private(set) var consumed = 0
    /// The damage skipped so far, up to the current chunk.
    private(set) var losses: [ArchiveLoss] = []
    /// How often damage was skipped.
    private(set) var discontinuities = 0
    /// A recording's skippable frames that weren't taken yet, each with the offset of the bytes that it describes.
    private var skippables: [(offset: Int, skippable: SkippableFrame)] = []

    /// Reading and decompressing this much takes no longer than starting a thread and being woken by it.
    private static let inPlaceMax = 64 << 10

    /// - Parameter readsAhead: whether to allow a thread that reads ahead.
    init(_ name: String, _ options: ArchiveOptions, readsAhead: Bool) throws(ArchiveError) {
        let filler = try ChunkFiller(name, options)
        fileSize = filler.size
        isPart = filler.isPart
        if !readsAhead || filler.size ?? .max <= Self.inPlaceMax {
            self.filler = consume filler
            readAhead = nil
        } else {
            readAhead = ReadAhead(filler)
        }
    }

    deinit {
        readAhead?.stop()
    }

    /// The bytes of the current chunk; empty before the first.
    var current: RawSpan {
        @_lifetime(borrow self)
        get { chunk.bytes }
    }

    /// Bytes of the file read up to the end of the current chunk.
    var fileOffset: Int { chunk.fileOffset }

    /// Moves to the next chunk; false at the end of the archive.
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
            for (offset, skippable) in chunk.skippables { skippables.append((consumed + offset, skippable)) }
            if let loss = chunk.loss { note(loss) }
        } while chunk.count == 0
        return true
    }

    private mutating func note(_ loss: ArchiveLoss) {
        // Adjacent losses are merged.
        if let last = losses.last, last.range.upperBound == loss.range.lowerBound {
            losses[losses.count - 1] = ArchiveLoss(
                error: last.error, range: last.range.lowerBound..<loss.range.upperBound)
        } else {
            losses.append(loss)
        }
        discontinuities += 1
    }

    /// Takes the next skippable frame about bytes at or before an offset of the uncompressed bytes.
    mutating func takeSkippable(upTo offset: Int) -> SkippableFrame? {
        guard let first = skippables.first, first.offset <= offset else { return nil }
        return skippables.removeFirst().skippable
    }
}
