import Foundation

/// Decodes an archive's records on a thread of its own, a few ahead of where they are taken.
///
/// A side that waits is woken once half of the records are filled, or taken: to wake it for each would cost about as
/// much as to decode it.
package final class DecodeAhead: @unchecked Sendable {
    /// The thread's alone.
    private var decoder: RecordDecoder

    private let condition = NSCondition()
    // Under the condition's lock; at most one of the two sides ever waits.
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

    /// Swaps a record that is done with for the next one; not to be called after the end.
    package func exchange(_ record: inout DecodedRecord) {
        condition.lock()
        defer { condition.unlock() }
        if count == 0 { wait { count >= Self.capacity / 2 || isComplete } }
        swap(&record, &records[first])
        first = (first + 1) % Self.capacity
        count -= 1
        if count == Self.capacity / 2 { condition.signal() }
    }

    /// Ends the thread as soon as it isn't waiting for its file.
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

    /// - Returns: false if nothing is to follow.
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
