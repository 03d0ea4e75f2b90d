import Foundation

/// Decodes an archive's records on a thread, a few ahead of their reader.
///
/// A waiting side is woken only after half of the records have been filled or taken: waking it for each would cost
/// about as much as decoding it.
package final class DecodeAhead: @unchecked Sendable {
    /// Used only by the thread.
    private var decoder: RecordDecoder

    private let condition = NSCondition()
    // Guarded by the condition's lock. At most one side waits at a time.
    private var records = InlineArray<8, DecodedRecord> { _ in DecodedRecord() }
    private var first = 0
    private var count = 0
    private var isComplete = false
    private var isStopped = false

    private static let capacity = 8

    package init(_ decoder: consuming RecordDecoder) {
        self.decoder = decoder
        Thread.detachNewThread { [self] in run() }
    }

    /// Exchanges a used record for the next one. Must not be called after the end.
    package func exchange(_ record: inout DecodedRecord) {
        condition.lock()
        defer { condition.unlock() }
        if count == 0 { wait { count >= Self.capacity / 2 || isComplete } }
        swap(&record, &records[first])
        first = (first + 1) % Self.capacity
        count -= 1
        if count == Self.capacity / 2 { condition.signal() }
    }

    /// Ends the thread as soon as it no longer waits for its file.
    package func stop() {
        condition.lock()
        isStopped = true
        condition.signal()
        condition.unlock()
    }

    private func run() {
        var record = DecodedRecord()
        repeat { decoder.next(&record) } while put(&record)
    }

    /// - Returns: false if no record follows.
    private func put(_ record: inout DecodedRecord) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        if count == Self.capacity { wait { count <= Self.capacity / 2 || isStopped } }
        guard !isStopped else { return false }
        isComplete = record.isEnd
        swap(&record, &records[(first + count) % Self.capacity])
        count += 1
        if count == Self.capacity / 2 || isComplete { condition.signal() }
        return !isComplete
    }

    private func wait(until isReached: () -> Bool) {
        while !isReached() { condition.wait() }
    }
}
