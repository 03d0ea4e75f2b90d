import Foundation

/// Fills chunks on a thread while the previous one is being read. There are at most three, one at each end and one in
/// between, so that a hand-over rarely waits. Compared with reading 4 MiB it costs nothing.
final class ReadAhead: @unchecked Sendable {
    /// Used only by the thread.
    private var filler: ChunkFiller

    private let condition = NSCondition()
    // Guarded by the condition's lock. At most one side waits at a time.
    private var filled: Chunk?
    private var empty: Chunk?
    private var isStopped = false

    init(_ filler: consuming ChunkFiller) {
        self.filler = filler
        Thread.detachNewThread { [self] in run() }
    }

    /// Exchanges a used chunk for the next one. Must not be called after a chunk with an ending.
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

    /// Ends the thread as soon as it no longer waits for its file.
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

    /// - Returns: false if `stop` was called.
    private func put(_ chunk: consuming Chunk) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while filled != nil, !isStopped { condition.wait() }
        filled = consume chunk
        condition.signal()
        return !isStopped
    }
}
