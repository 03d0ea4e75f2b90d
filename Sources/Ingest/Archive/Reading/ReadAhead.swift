import Foundation

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
