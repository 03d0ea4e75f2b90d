import Foundation

/// The chunks of an archive, one at a time: read ahead by a thread, or in place where that wouldn't be worth one.
struct ChunkSequence: ~Copyable {
    private var filler: ChunkFiller?
    private let readAhead: ReadAhead?
    private var chunk = Chunk()
    let fileSize: Int?
    /// Whether only a part of the file is read, which its index names.
    let isPart: Bool
    /// Uncompressed bytes of the chunks before the current one.
    private(set) var consumed = 0
    /// What was passed over in front of the current chunk and those before.
    private(set) var losses: [ArchiveLoss] = []
    /// How often something was passed over.
    private(set) var discontinuities = 0
    /// What a recording says about the bytes from an offset on, and wasn't taken yet.
    private var notes: [(offset: Int, note: SkippableFrame)] = []

    /// To read and decompress so much takes no longer than to start a thread and to be woken by it.
    private static let inPlaceMax = 64 << 10

    /// - Parameter readsAhead: whether a thread may read on while records are taken.
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
            for (offset, note) in chunk.notes { notes.append((consumed + offset, note)) }
            if let loss = chunk.loss { note(loss) }
        } while chunk.count == 0
        return true
    }

    private mutating func note(_ loss: ArchiveLoss) {
        // Where nothing was read in between, it is one.
        if let last = losses.last, last.range.upperBound == loss.range.lowerBound {
            losses[losses.count - 1] = ArchiveLoss(
                error: last.error, range: last.range.lowerBound..<loss.range.upperBound)
        } else {
            losses.append(loss)
        }
        discontinuities += 1
    }

    /// Takes the next thing that is said about bytes up to an offset among the uncompressed ones.
    mutating func takeNote(upTo offset: Int) -> SkippableFrame? {
        guard let first = notes.first, first.offset <= offset else { return nil }
        return notes.removeFirst().note
    }
}

/// Fills chunks on a thread of its own while the one before is taken apart. At most three exist: one at either end and
/// one between, so that a hand-over seldom waits; beside four mebibytes it costs nothing.
final class ReadAhead: @unchecked Sendable {
    /// The thread's alone.
    private var filler: ChunkFiller

    private let condition = NSCondition()
    // Under the condition's lock; at most one of the two sides ever waits.
    private var filled: Chunk?
    private var empty: Chunk?
    private var isStopped = false

    init(_ filler: consuming ChunkFiller) {
        self.filler = filler
        Thread.detachNewThread { [self] in run() }
    }

    /// Swaps a chunk that is done with for the next one; not to be called after the one that has an ending.
    func exchange(_ chunk: inout Chunk) {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if var next = filled.take() {
                swap(&chunk, &next)
                empty = consume next
                return condition.signal()
            }
            condition.wait()
        }
    }

    /// Ends the thread as soon as it isn't waiting for its file.
    func stop() {
        condition.lock()
        isStopped = true
        condition.signal()
        condition.unlock()
    }

    private func run() {
        var isLast = false
        while !isLast {
            var chunk = takeEmpty()
            chunk.removeAll()
            filler.fill(&chunk)
            isLast = chunk.ending != nil
            guard put(chunk) else { return }
        }
    }

    private func takeEmpty() -> Chunk {
        condition.lock()
        defer { condition.unlock() }
        return empty.take() ?? Chunk()
    }

    /// - Returns: false if nobody takes chunks any more.
    private func put(_ chunk: consuming Chunk) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while filled != nil, !isStopped { condition.wait() }
        filled = consume chunk
        condition.signal()
        return !isStopped
    }
}
