package import Engine
import Foundation
package import Receivers

/// What waits to be written, in the order in which it happened. Bounded in bytes: room is asked for before.
final class RecordingQueue: @unchecked Sendable {
    enum Event {
        case message(RecordedMessage)
        case clock(ClockReading)
    }

    /// What was taken to be written together.
    struct Work {
        var events: [(sequence: UInt64, event: Event)] = []
        /// Settled once all of it is written.
        var durability = DurabilityAcknowledgement()
        var isLast = false
    }

    private let byteCountMax: Int
    private let condition = NSCondition()
    // Under the condition's lock.
    private var work = Work()
    private var reserved = 0
    private var nextSequence: UInt64 = 0

    init(byteCountMax: Int) {
        self.byteCountMax = byteCountMax
    }

    /// Bytes of messages that wait or are being written, and of those there is room for.
    var byteCount: Int {
        condition.lock()
        defer { condition.unlock() }
        return reserved
    }

    /// Sets room aside; false where there isn't as much.
    func reserve(_ byteCount: Int) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        // One alone always has room: from JSON it may have become longer than any body.
        guard reserved == 0 || reserved + byteCount <= byteCountMax else { return false }
        reserved += byteCount
        return true
    }

    func giveBack(_ byteCount: Int) {
        condition.lock()
        reserved -= byteCount
        condition.unlock()
    }

    /// Adds an event; nil for one that happened but isn't recorded: its number stays free.
    ///
    /// - Returns: what is settled once it is written.
    func append(_ event: Event?) -> DurabilityAcknowledgement? {
        condition.lock()
        defer { condition.unlock() }
        let sequence = nextSequence
        nextSequence += 1
        guard let event else { return nil }
        work.events.append((sequence, event))
        // A reading of the clock can wait for the next message.
        if case .message = event { condition.signal() }
        return work.durability
    }

    /// Takes everything there is; waits for a message for so long, seconds.
    func take(waiting seconds: Double) -> Work {
        condition.lock()
        defer { condition.unlock() }
        let deadline = Date(timeIntervalSinceNow: seconds)
        while !work.isLast, !work.hasMessage {
            guard condition.wait(until: deadline) else { break }
        }
        let taken = work
        work = Work()
        work.isLast = taken.isLast
        return taken
    }

    /// What is taken next is the last.
    func stop() {
        condition.lock()
        work.isLast = true
        condition.signal()
        condition.unlock()
    }
}

extension RecordingQueue.Work {
    fileprivate var hasMessage: Bool {
        events.contains { if case .message = $0.event { true } else { false } }
    }
}

/// One export request on its way into the archive: room was set aside for it in the recorder's queue.
package struct Recording {
    private let recorder: ArchiveRecorder
    private let byteCount: Int
    /// Whether there is room, or the request goes unrecorded.
    private let hasRoom: Bool
    private var message: RecordedMessage?
    private var isAppended = false
    /// What an acknowledgement waits for.
    package private(set) var durability: DurabilityAcknowledgement?

    package init(_ recorder: ArchiveRecorder, byteCount: Int, hasRoom: Bool) {
        self.recorder = recorder
        self.byteCount = byteCount
        self.hasRoom = hasRoom
    }

    /// Copies the message, before any lock is taken.
    package mutating func take(_ message: RawSpan, _ batch: borrowing SpanBatch, arrival: Int64) {
        guard hasRoom else { return }
        self.message = RecordedMessage(
            bytes: unsafe message.withUnsafeBytes { unsafe Array($0) }, arrival: arrival, spans: batch.count,
            spanEnds: batch.ends())
    }

    /// Gives the message its place in the order: to be called under the window's lock.
    package mutating func append() {
        isAppended = true
        durability = recorder.append(message)
    }

    /// Gives back the room of a message that was refused.
    package func finish() {
        if !isAppended, hasRoom { recorder.giveBack(byteCount) }
    }
}

/// A message that waits to be written.
package struct RecordedMessage: Sendable {
    package let bytes: [UInt8]
    /// Unix nanoseconds.
    package let arrival: Int64
    package let spans: Int
    /// From the earliest end of a span to the latest.
    package let spanEnds: ClosedRange<Int64>?
}
